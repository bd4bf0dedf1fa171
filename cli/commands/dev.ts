import { join } from 'node:path'
import { homeOf } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { command, group } from '../command.ts'
import { connectionHelp } from '../dev/sftp-help.ts'
import { ensureKey } from '../dev/sftp-keys.ts'
import { startSftpServer } from '../dev/sftp-server.ts'
import { readFolder } from '../values.ts'

const USER = 'toast'

/** A local SFTP server over a folder, until Ctrl-C. */
const sftp = command({
  name: 'dev sftp',
  description: 'Serve a folder, read-only, over real SFTP on this machine, and print how to connect.',
  args: {
    root: { type: 'string', required: true, valueHint: 'DIR', description: 'Folder to serve as /' },
    port: { type: 'string', default: '2222', valueHint: 'N', description: 'Port on 127.0.0.1; 0 takes any free one' },
  },
  examples: ['daybreak dev sftp --root mock', 'daybreak dev sftp --root mock --port 0'],
  async run({ args, options, context, output }) {
    const root = readFolder('--root', args.root, context.cwd)
    const home = homeOf(options.projectDir, context.env)
    const keys = join(home, 'sftp')
    const hostKey = await ensureKey(keys, 'host_ed25519')
    const clientKey = await ensureKey(keys, 'client_ed25519')
    const server = await startSftpServer({
      root,
      port: toPort(args.port),
      user: USER,
      hostKey: hostKey.privateKey,
      clientKey: clientKey.publicKey,
    })
    try {
      await output.raw(connectionHelp({ ...server, user: USER, root, privateKey: clientKey.path, home: keys }))
      await aborted(context.signal)
    } finally {
      await server.close()
    }
  },
})

/** Servers to practise on. */
export const dev = group({
  name: 'dev',
  description: 'Servers to practise on.',
  commands: { sftp: async () => sftp },
})

function toPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new DaybreakError('USAGE_INVALID', `--port ${JSON.stringify(text)} is no port; expected 0 to 65535`)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
