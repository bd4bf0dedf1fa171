import { type LoggedLine, readLogTail } from '../../functions/adapters/local/log-files.ts'
import { logFolder } from '../../functions/compose/serve.ts'
import { loadProject } from '../../functions/config/project.ts'
import { command } from '../command.ts'
import { cellText } from '../table.ts'
import { readCount } from '../values.ts'

const LOOK_EVERY = 500
const MOST = 10_000

/** The log of the server of this project. */
export const logs = command({
  name: 'logs',
  description: 'Print the newest lines of the log of `daybreak serve` of this project.',
  args: {
    follow: { type: 'boolean', alias: 'f', description: 'Go on with new lines until Ctrl-C.' },
    lines: { type: 'string', default: '50', valueHint: 'N', description: 'Most lines at first.' },
    run: { type: 'string', valueHint: 'ID', description: 'Only lines about one run.' },
  },
  examples: ['daybreak logs', 'daybreak logs --follow'],
  async run({ args, options, context, output }) {
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    const most = readCount('--lines', args.lines, { min: 1, max: MOST })
    const isMeant = ({ runId }: LoggedLine) => args.run === undefined || runId === args.run
    for (let from: string | null = null, isFirst = true; ; isFirst = false) {
      const { lines, end } = await readLogTail(logFolder(project), from)
      const shown = lines.filter(isMeant).slice(isFirst ? -most : 0)
      for (const line of shown) await output.raw(`${output.format === 'table' ? textOf(line) : JSON.stringify(line)}\n`)
      if (!args.follow || context.signal.aborted) return
      from = end
      await context.clock.sleep(LOOK_EVERY, context.signal)
      if (context.signal.aborted) return
    }
  },
})

function textOf({ at, severity, message, code }: LoggedLine): string {
  const time = new Date(at).toISOString().replace('T', ' ').slice(0, 19)
  return `${time} ${severity.padEnd(7)} ${cellText(message)}${code === undefined ? '' : ` [${code}]`}`
}
