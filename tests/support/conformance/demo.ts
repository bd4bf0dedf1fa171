import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '../../../functions/adapters/local/clock.ts'
import { type Served, serveLaptop } from '../../../functions/compose/serve.ts'
import { loadProject } from '../../../functions/config/project.ts'
import type { LogEntry } from '../../../functions/pipeline/ports.ts'
import { PROGRAM, UNLIMITED } from '../api-world.ts'
import { ROOT } from '../world.ts'

/** Project and home of a demo that has been played: a week of three restaurants. */
export interface Demo {
  readonly projectDir: string
  readonly env: Readonly<Record<string, string>>
  remove(): Promise<void>
}

/** Plays the demo in a folder of its own. */
export async function playDemo(): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-judged-'))
  await cp(join(ROOT, 'config'), join(folder, 'config'), { recursive: true })
  await promisify(execFile)(process.execPath, [join(ROOT, 'cli/demo.ts')], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 64 * 1024 * 1024,
  })
  const home = join(folder, '.daybreak/demo')
  return {
    projectDir: join(home, 'project'),
    env: {
      DAYBREAK_HOME: home,
      DAYBREAK_PROJECT_DIR: join(home, 'project'),
      // The server of the demo has ended: a run that a judge begins finds its source away.
      DAYBREAK_SFTP_HOST: '127.0.0.1',
      DAYBREAK_SFTP_PORT: '9',
      DAYBREAK_SFTP_USER: 'toast',
      DAYBREAK_SFTP_KEY: join(home, 'sftp/client_ed25519'),
      DAYBREAK_SFTP_FINGERPRINT: `SHA256:${'A'.repeat(43)}`,
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** `daybreak serve` over the rows of a demo. Its limits of requests are off: a judge sends thousands. */
export interface ServedDemo {
  readonly served: Served
  readonly address: string
  /** Entries of its log with severity ERROR. */
  readonly errors: readonly LogEntry[]
}

export async function serveDemo({ projectDir, env }: Demo): Promise<ServedDemo> {
  const errors: LogEntry[] = []
  const served = await serveLaptop(await loadProject({ projectDir, environment: 'local', env }), {
    ...{ clock: systemClock, env, port: 0, version: '0.1.0', program: PROGRAM, dashboard: null, limits: UNLIMITED },
    log: (entry) => void (entry.severity === 'ERROR' && errors.push(entry)),
  })
  return { served, address: `http://127.0.0.1:${served.port}`, errors }
}
