import { DaybreakError } from '../../functions/errors.ts'
import { addDays, localDate } from '../../functions/lib/business-date.ts'
import { withApi } from '../api.ts'
import { command } from '../command.ts'

/** The report of a month against its goals. */
export const sla = command({
  name: 'sla',
  remote: 'served',
  description:
    'Print the service report of a month: completeness, speed, rejected rows, cost, incidents. Sends nothing.',
  args: {
    month: { type: 'string', valueHint: 'YYYY-MM', description: 'Month; the last one if absent.' },
    form: { type: 'enum', options: ['text', 'html', 'csv'], default: 'text', description: 'Form of the report.' },
  },
  examples: ['daybreak sla', 'daybreak sla --month 2026-11 --form html > report.html'],
  async run(call) {
    const { args, context, output } = call
    const last = addDays(`${localDate(context.clock.now(), 'UTC').slice(0, 7)}-01`, -1).slice(0, 7)
    const month = args.month ?? last
    if (!/^20\d\d-(0[1-9]|1[0-2])$/.test(month))
      throw new DaybreakError('USAGE_INVALID', `--month is "${month}"; expected a month as YYYY-MM, e.g. ${last}`)
    await withApi(call, async (api) => {
      if (args.form !== 'text') {
        const file: unknown = await api('GET /api/sla', { query: { month, format: args.form } })
        return await output.text(String(file).trimEnd())
      }
      const { sentence, lines } = await api('GET /api/sla', { query: { month } })
      await output.text([sentence, '', ...lines].join('\n'))
    })
  },
})
