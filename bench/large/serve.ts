import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Place } from './place.ts'

/** `daybreak serve` over a large ledger. */
export interface Server {
  readonly pid: number
  readonly port: number
  readonly token: string
  /** Statements that it sent to its ledger so far. */
  statements(): Promise<number>
  stop(): Promise<void>
}

/** Starts it in a process of its own, without its limits of requests. */
export async function startServing({ home, project }: Pick<Place, 'home' | 'project'>): Promise<Server> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], {
    env: { ...process.env, DAYBREAK_HOME: home, DAYBREAK_PROJECT_DIR: project },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data')
  return {
    ...{ pid: child.pid ?? 0, port: Number(port), token: readFileSync(join(home, 'token'), 'utf8').trim() },
    async statements() {
      child.kill('SIGUSR2')
      const [count] = await once(child.stdout, 'data')
      return Number(count)
    },
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
