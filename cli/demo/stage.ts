import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { compose, type Daybreak } from '../../functions/compose.ts'
import { loadProject } from '../../functions/config/project.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { Instant } from '../../functions/pipeline/entities.ts'
import type { Context } from '../context.ts'
import { ensureKey } from '../dev/sftp-keys.ts'
import { startSftpServer } from '../dev/sftp-server.ts'
import { main } from '../main.ts'
import { colorsAllowed } from '../options.ts'
import { demoLocationsYaml } from './locations.ts'
import { createWeek, FIRST_DATE, LAST_DATE, type Week } from './week.ts'

/** Everything the demo plays with: a server, a week of files, a clock that it moves, and Daybreak on its defaults. */
export interface Stage {
  readonly home: string
  readonly server: string
  readonly week: Week
  readonly clock: ReturnType<typeof createVirtualClock>
  /** Daybreak on its defaults; opened when it is first asked for, and after a command. */
  open(): Promise<Daybreak>
  /** Environment with which a person may go on afterwards. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Runs a command of the command line, printed before its output. */
  command(...argv: readonly string[]): Promise<number>
  /** Serves what the demo left, by the clock of this machine, until the signal aborts. The SFTP server is there meanwhile. */
  serve(signal: AbortSignal): Promise<number>
  close(): Promise<void>
}

/** Where the demo is shown, and the command that starts this program again. */
export interface Show {
  readonly stdout: Writable
  readonly env: NodeJS.ProcessEnv
  readonly program: readonly string[]
}

// The demo is part of a checkout, and started in it.
const ROOT = process.cwd()

/**
 * A copy of the project's configuration with the restaurants of the demo, which opened and closed with its week: before it
 * there was nothing to miss.
 */
async function copyProject(home: string): Promise<string> {
  const projectDir = join(home, 'project')
  await cp(join(ROOT, 'config'), join(projectDir, 'config'), { recursive: true })
  const yaml = demoLocationsYaml({ from: FIRST_DATE, to: LAST_DATE })
  await writeFile(join(projectDir, 'config', 'locations.yaml'), yaml)
  return projectDir
}

/** Sets the stage in `.daybreak/demo`, empty at first: an SFTP server on loopback, and the clock at the first closeout. */
export async function setStage({ stdout, env: environment, program }: Show, now: Instant): Promise<Stage> {
  const home = join(ROOT, '.daybreak', 'demo')
  await rm(home, { recursive: true, force: true })
  const server = join(home, 'server')
  await mkdir(server, { recursive: true })
  const keys = join(home, 'sftp')
  const hostKey = await ensureKey(keys, 'host_ed25519')
  const clientKey = await ensureKey(keys, 'client_ed25519')
  const sftp = await startSftpServer({
    root: server,
    port: 0,
    user: 'toast',
    hostKey: hostKey.privateKey,
    clientKey: clientKey.publicKey,
  })
  const projectDir = await copyProject(home)
  const env = {
    ...environment,
    DAYBREAK_HOME: home,
    DAYBREAK_PROJECT_DIR: projectDir,
    DAYBREAK_SFTP_HOST: sftp.host,
    DAYBREAK_SFTP_PORT: String(sftp.port),
    DAYBREAK_SFTP_USER: 'toast',
    DAYBREAK_SFTP_KEY: clientKey.path,
    DAYBREAK_SFTP_FINGERPRINT: sftp.hostKeyFingerprint,
  }
  const project = await loadProject({ projectDir, environment: 'local', env })
  const clock = createVirtualClock({ now })
  const week = createWeek({
    server,
    backstage: join(home, 'backstage'),
    locations: project.locations.locations.map(({ id, name, timeZone, closeoutHour }) => ({
      id,
      name,
      timeZone,
      closeoutHour,
    })),
    seed: 7,
  })
  let opened: Daybreak | null = null
  // A command is a process of its own, and the warehouse's file belongs to one process at a time.
  const leave = async () => {
    await opened?.close()
    opened = null
  }
  const contextOf = (ownClock: Context['clock'], signal: AbortSignal): Context => ({
    env,
    stdin: process.stdin,
    stdout,
    stderr: process.stderr,
    isTTY: { stdin: false, stdout: color, stderr: false },
    columns: null,
    cwd: ROOT,
    program,
    signal,
    clock: ownClock,
  })
  const color = colorsAllowed(env) && 'isTTY' in stdout && stdout.isTTY === true
  return {
    home,
    server,
    week,
    clock,
    env,
    async open() {
      opened ??= await compose(project, { clock, log: () => undefined })
      return opened
    },
    async command(...argv) {
      await leave()
      const shown = argv.map((word) => (/[ '(]/.test(word) ? `"${word}"` : word)).join(' ')
      stdout.write(`\n${color ? '\u001b[1m' : ''}$ npx daybreak ${shown}${color ? '\u001b[0m' : ''}\n`)
      return await main(argv, contextOf(clock, new AbortController().signal))
    },
    async serve(signal) {
      await leave()
      return await main(['serve', '--port', '0'], contextOf(systemClock, signal))
    },
    async close() {
      await leave()
      await sftp.close()
    },
  }
}
