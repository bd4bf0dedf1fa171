import { openWatch } from '../../functions/compose/watch.ts'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { addDays, localDate } from '../../functions/lib/business-date.ts'
import { reportOf } from '../../functions/watch/report.ts'
import { command } from '../command.ts'
import { withDaybreak } from '../open.ts'

/** The report of a month against its goals. */
export const sla = command({
  name: 'sla',
  description:
    'Print the service report of a month: completeness, speed, rejected rows, cost, incidents. Sends nothing.',
  args: {
    month: { type: 'string', valueHint: 'YYYY-MM', description: 'Month; the last one if absent.' },
    form: { type: 'enum', options: ['text', 'html', 'csv'], default: 'text', description: 'Form of the report.' },
  },
  examples: ['daybreak sla', 'daybreak sla --month 2026-11 --form html > report.html'],
  async run(call) {
    const { args, options, context, output } = call
    const last = addDays(`${localDate(context.clock.now(), 'UTC').slice(0, 7)}-01`, -1).slice(0, 7)
    const month = args.month ?? last
    if (!/^20\d\d-(0[1-9]|1[0-2])$/.test(month))
      throw new DaybreakError('USAGE_INVALID', `--month is "${month}"; expected a month as YYYY-MM, e.g. ${last}`)
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    await withDaybreak(call, async (daybreak) => {
      const { ports, close } = await openWatch(project, daybreak)
      try {
        const { message, html, csv } = await reportOf(month, ports)
        const text = { text: [message.title, '', ...message.lines].join('\n'), html, csv: csv.trimEnd() }
        await output.text(text[args.form])
      } finally {
        await close()
      }
    })
  },
})
