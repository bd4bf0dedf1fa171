import { loadProject } from '../../functions/config/project.ts'
import { type Call, command } from '../command.ts'
import { expectServer, findServer, readPort, startInBackground, stopServer } from '../serving.ts'
import { PORT } from './serve.ts'

const ARGS = {
  port: { type: 'string', default: PORT, valueHint: 'N', description: 'Port on 127.0.0.1. 0 takes a free one.' },
  'api-only': { type: 'boolean', description: 'Neither build nor serve the dashboard.' },
} as const

/** Starts the server in the background. */
export const start = command({
  name: 'start',
  description: 'Start `daybreak serve` in the background, and print a link that signs in.',
  args: ARGS,
  examples: ['daybreak start', 'daybreak start --port 0'],
  run: (call) => begin(call, { port: readPort('--port', call.args.port), isApiOnly: call.args['api-only'] }),
})

/** Ends the server in the background. */
export const stop = command({
  name: 'stop',
  description: 'End the server that runs for this project. Work stops at a safe place.',
  examples: ['daybreak stop'],
  async run(call) {
    const running = await expectServer(await projectOf(call))
    await stopServer(running, call.context)
    await call.output.text(`Process ${running.pid} has ended.`)
  },
})

/** Ends and starts it. */
export const restart = command({
  name: 'restart',
  description: 'End the server that runs, if one does, and start it on the same port.',
  args: {
    port: { type: 'string', valueHint: 'N', description: 'Port on 127.0.0.1. Default: that of the one that runs.' },
    'api-only': ARGS['api-only'],
  },
  examples: ['daybreak restart'],
  async run(call) {
    const running = await findServer(await projectOf(call))
    if (running) await stopServer(running, call.context)
    const port = call.args.port === undefined ? (running?.port ?? Number(PORT)) : readPort('--port', call.args.port)
    await begin(call, { port, isApiOnly: call.args['api-only'] })
  },
})

type Asked = Pick<Call, 'options' | 'context' | 'output'>

async function projectOf({ options: { projectDir, environment }, context }: Asked) {
  return await loadProject({ projectDir, environment, env: context.env })
}

interface Starting {
  readonly port: number
  readonly isApiOnly: boolean
}

async function begin(call: Asked, starting: Starting): Promise<void> {
  const { options, context, output } = call
  const running = await startInBackground(await projectOf(call), { ...starting, options, context })
  const { url } = await running.call('POST /api/session:link', { body: {} })
  await output.text(`Process ${running.pid} serves ${url}`)
  await output.text('`daybreak logs --follow` shows its log, `daybreak stop` ends it.')
}
