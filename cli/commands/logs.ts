import { type LoggedLine, readLogTail } from '../../functions/adapters/local/log-files.ts'
import { logFolder } from '../../functions/compose/serve.ts'
import { loadProject } from '../../functions/config/project.ts'
import { eachPage, expectLocal, withApi } from '../api.ts'
import { type Call, command } from '../command.ts'
import { cellText } from '../table.ts'
import { readCount } from '../values.ts'

const LOOK_EVERY = 500
const LOOK_THERE_EVERY = 2_000
const MOST = 10_000

interface Printed {
  readonly at: number | string
  readonly severity: string
  readonly message: string
  readonly code?: string | null
}

/** The log of the server of this project. */
export const logs = command({
  name: 'logs',
  remote: 'served',
  description: 'Print the newest lines of the log of `daybreak serve` of this project.',
  args: {
    follow: { type: 'boolean', alias: 'f', description: 'Go on with new lines until Ctrl-C.' },
    lines: { type: 'string', default: '50', valueHint: 'N', description: 'Most lines at first.' },
    run: { type: 'string', valueHint: 'ID', description: 'Only lines about one run.' },
  },
  examples: ['daybreak logs', 'daybreak logs --follow'],
  async run(call) {
    const { args, options, context, output } = call
    const most = readCount('--lines', args.lines, { min: 1, max: MOST })
    if (options.remote !== null) return await printThere(most, call)
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
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

type Flags = Call<{ readonly run: string | undefined; readonly follow: boolean }>

/** Lines about a run, as the server keeps them. */
async function printThere(most: number, call: Flags): Promise<void> {
  const { args, context, output } = call
  const { run: id } = args
  if (id === undefined) expectLocal(call, 'logs', 'without --run')
  await withApi(call, async (api) => {
    const ask = (page: { pageSize: number; pageToken?: string }) =>
      api('GET /api/runs/{id}/log', { path: { id: id ?? '' }, query: page })
    for (let seen: number | null = null; ; ) {
      const lines = (await Array.fromAsync(eachPage(ask))).flatMap((page) => page.lines)
      for (const line of lines.slice(seen ?? Math.max(0, lines.length - most)))
        await output.raw(`${output.format === 'table' ? textOf(line) : JSON.stringify(line)}\n`)
      seen = lines.length
      if (!args.follow || context.signal.aborted) return
      await context.clock.sleep(LOOK_THERE_EVERY, context.signal)
      if (context.signal.aborted) return
    }
  })
}

function textOf({ at, severity, message, code }: Printed): string {
  const time = new Date(at).toISOString().replace('T', ' ').slice(0, 19)
  return `${time} ${severity.padEnd(7)} ${cellText(message)}${code === undefined || code === null ? '' : ` [${code}]`}`
}
