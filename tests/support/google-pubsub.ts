import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

const SDKS = [
  process.env['CLOUDSDK_ROOT_DIR'] ?? '',
  '/usr/lib/google-cloud-sdk',
  '/usr/share/google-cloud-sdk',
  '/opt/google-cloud-sdk',
  join(homedir(), 'google-cloud-sdk'),
]

/** Google's own emulator of Pub/Sub, where gcloud and Java are installed; null elsewhere. */
export function findGooglePubsub(): string | null {
  const folder = SDKS.filter(Boolean)
    .map((sdk) => join(sdk, 'platform/pubsub-emulator/lib'))
    .find(existsSync)
  const jar = folder && readdirSync(folder).find((name) => /^cloud-pubsub-emulator-.*\.jar$/.test(name))
  return jar && spawnSync('java', ['-version']).status === 0 ? join(folder, jar) : null
}

export interface GooglePubsub {
  /** `host:port`. */
  readonly endpoint: string
  close(): Promise<void>
}

/** Starts it on a free port; that takes a second or two. */
export async function startGooglePubsub(jar: string): Promise<GooglePubsub> {
  const port = await freePort()
  const child = spawn('java', ['-XX:TieredStopAtLevel=1', '-jar', jar, '--host=127.0.0.1', `--port=${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await said(child, 'Server started')
  return {
    endpoint: `127.0.0.1:${port}`,
    async close() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

function said(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const listen = (chunk: unknown) => {
      text += String(chunk)
      if (text.includes(words)) resolve()
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.on('exit', (code) => reject(new Error(`Google's emulator ended with ${code}: ${text}`)))
  })
}
