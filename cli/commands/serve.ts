import { type Served, serveLaptop } from '../../functions/compose/serve.ts'
import { loadProject } from '../../functions/config/project.ts'
import manifest from '../../package.json' with { type: 'json' }
import { type Call, command } from '../command.ts'
import { builtDashboard } from '../dashboard/build.ts'
import { createLog } from '../log.ts'
import { readPort, untilAborted } from '../serving.ts'

/** Port of `serve` unless told. */
export const PORT = '4747'

/** The people's side on this machine. */
export const serve = command({
  name: 'serve',
  description: 'Serve API and dashboard on this machine, keep the schedule and do its work, until Ctrl-C.',
  args: {
    port: { type: 'string', default: PORT, valueHint: 'N', description: 'Port on 127.0.0.1. 0 takes a free one.' },
    'api-only': { type: 'boolean', description: 'Neither build nor serve the dashboard.' },
    'read-only': { type: 'boolean', description: 'Only answer: keep no schedule, and deliver no message.' },
  },
  examples: ['daybreak serve', 'daybreak serve --port 0 --api-only'],
  async run(call) {
    const { args, output, context } = call
    const served = await startServing(call, {
      port: readPort('--port', args.port),
      isApiOnly: args['api-only'],
      isWorking: !args['read-only'],
    })
    try {
      await output.text(`Daybreak: ${served.link()}`)
      await output.text('The link signs in once, within ten minutes. Ctrl-C ends the server.')
      await untilAborted(context.signal)
    } finally {
      await served.close()
    }
    return 0
  },
})

interface Serving {
  readonly port: number
  readonly isApiOnly: boolean
  readonly isWorking: boolean
}

async function startServing(
  { options, context }: Pick<Call, 'options' | 'context'>,
  { port, isApiOnly, isWorking }: Serving,
): Promise<Served> {
  const { projectDir, environment } = options
  const project = await loadProject({ projectDir, environment, env: context.env })
  const dashboard = isApiOnly ? null : await builtDashboard(context)
  return await serveLaptop(project, {
    clock: context.clock,
    log: createLog(context.stderr, options, context.clock.now),
    env: context.env,
    port,
    version: manifest.version,
    program: context.program,
    dashboard,
    isWorking,
  })
}
