import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFolderSource } from '../../functions/adapters/folder/source.ts'
import { compose, type Daybreak } from '../../functions/compose.ts'
import { loadProject } from '../../functions/config/project.ts'
import type { Run, RunScope } from '../../functions/pipeline/entities.ts'
import type { Transformer } from '../../functions/pipeline/ports.ts'
import { LEASE } from '../../functions/pipeline/work/run.ts'
import { type FinalState, finalState, ROOT, silent } from '../support/world.ts'

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

/** A real `daybreak` process over a home of its own. */
export interface Child {
  readonly ended: Promise<Ended>
  kill(signal: NodeJS.Signals): void
}

/** Where a test's processes keep their data, with the key that every home of the tests has. */
export async function createHome(path: string): Promise<string> {
  await mkdir(join(path, 'secrets'), { recursive: true })
  await writeFile(join(path, 'secrets', 'hash_key'), 'a key of all homes, 32 bytes or more')
  return path
}

/** Starts `daybreak import` of some streams of a tree. */
export function startImport(tree: string, home: string, streams: readonly string[]): Child {
  const command = [
    join(ROOT, 'cli', 'daybreak.mjs'),
    'import',
    tree,
    '--time-zone',
    'America/New_York',
    '--stream',
    streams.join(','),
    '--quiet',
  ]
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
    env: { HOME: home, DAYBREAK_HOME: home, UV_THREADPOOL_SIZE: '8' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return { ended: endOf(child), kill: (signal) => void child.kill(signal) }
}

function endOf(child: ChildProcess): Promise<Ended> {
  const chunks: Buffer[] = []
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stderr: Buffer.concat(chunks).toString('utf8') }))
  })
}

/** Resolves when so many files whose path has the text in it are below a folder, or when the other promise does. */
export async function untilFiles(
  folder: string,
  { has, count }: { readonly has: string; readonly count: number },
  ended: Promise<unknown>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setInterval(() => {
    if (filesBelow(folder).filter((path) => path.includes(has)).length >= count) resolve()
  }, 2)
  await Promise.race([promise, ended]).finally(() => clearInterval(timer))
}

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch {
    // A folder went away while it was listed: there is another look in a moment.
    return []
  }
}

/** Opens what the processes of a home left behind, as a process would that comes after every lease has run out. */
export async function openLater(home: string, tree: string, transformer: Transformer): Promise<Daybreak> {
  const project = await loadProject({ projectDir: ROOT, environment: 'local', env: { DAYBREAK_HOME: home } })
  const clock = { now: () => Date.now() + LEASE + 1, sleep: async () => undefined, virtual: true }
  const connector = openFolderSource({ root: tree, maxFileBytes: 1e9, log: silent })
  return await compose(project, {
    models: new Map(),
    clock,
    log: silent,
    transformer,
    source: { connector, root: tree, minimumAge: 0 },
  })
}

/** The sweep after a crash, and the state it leaves. */
export async function settledState(
  { home, tree, scope }: { readonly home: string; readonly tree: string; readonly scope: RunScope },
  transformer: Transformer,
): Promise<{ readonly run: Run; readonly state: FinalState }> {
  const daybreak = await openLater(home, tree, transformer)
  try {
    const run = await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'import', scope }))
    return { run, state: await finalState({ open: () => openLater(home, tree, transformer) }) }
  } finally {
    await daybreak.close()
  }
}
