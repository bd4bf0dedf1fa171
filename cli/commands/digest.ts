import { openWatch } from '../../functions/compose/watch.ts'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { addDays, localDate } from '../../functions/lib/business-date.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { quoteName } from '../../functions/lib/foreign-text.ts'
import { toText } from '../../functions/notify/render/text.ts'
import { digestOf } from '../../functions/watch/digest.ts'
import { command } from '../command.ts'
import { withDaybreak } from '../open.ts'
import { readDate } from '../values.ts'

/** The morning's mail on the terminal. */
export const digest = command({
  name: 'digest',
  description: 'Print the digest of a day: completeness, amounts, what was set aside, what is open. Sends nothing.',
  args: {
    date: { type: 'string', valueHint: 'YYYY-MM-DD', description: 'Business date; yesterday if absent.' },
    person: { type: 'string', valueHint: 'NAME', description: 'As this person of config/notify.yaml gets it.' },
  },
  examples: ['daybreak digest', 'daybreak digest --person ana --date 2026-11-29'],
  async run(call) {
    const { args, options, context, output } = call
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    const people = project.notify?.people ?? {}
    if (args.person !== undefined && !Object.hasOwn(people, args.person)) {
      const message = `there is no person ${quoteName(args.person)} in config/notify.yaml.${didYouMean(args.person, Object.keys(people))}`
      throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak validate' } })
    }
    const zone = people[args.person ?? '']?.zone ?? 'UTC'
    const date =
      args.date === undefined ? addDays(localDate(context.clock.now(), zone), -1) : readDate('--date', args.date)
    await withDaybreak(call, async (daybreak) => {
      const { ports, close } = await openWatch(project, daybreak)
      try {
        const message = await digestOf(args.person ?? '', date, ports)
        if (options.format === 'table') await output.text(toText(message).trimEnd())
        else await output.record({ date, title: message.title, lines: message.lines.join('\n') })
      } finally {
        await close()
      }
    })
  },
})
