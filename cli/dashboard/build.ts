import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Context } from '../context.ts'

/** File in the built dashboard with the hash of what it was built from. */
const SOURCE_HASH = '.source'
const IGNORED = /^(dist|\.dist-[^/]+|node_modules|evidence)(\/|$)/

/**
 * Folder of the built dashboard. In a checkout it is built when its sources are others than those that it was built from; a build that
 * fails leaves the former one. Null where no build exists.
 */
export async function builtDashboard({ program, stderr }: Pick<Context, 'program' | 'stderr'>): Promise<string | null> {
  // The entry of the program is in a folder of the checkout; the project may be elsewhere.
  const root = dirname(dirname(resolve(program.at(-1) ?? '')))
  const folder = join(root, 'dashboard')
  const dist = join(folder, 'dist')
  const vite = join(root, 'node_modules', '.bin', 'vite')
  const built = existsSync(join(dist, 'index.html')) ? dist : null
  if (!existsSync(join(folder, 'package.json')) || !existsSync(vite)) return built
  const hash = await hashOfSources(root, folder)
  const known = await readFile(join(dist, SOURCE_HASH), 'utf8').catch(() => '')
  if (built !== null && known === hash) return built
  stderr.write('Building the dashboard, as its sources have changed. It takes some seconds.\n')
  // Other processes may serve the former one, or build it at the same time.
  const fresh = join(folder, `.dist-${process.pid}-${Date.now()}`)
  const failure = await build({ vite, folder, out: fresh })
  if (failure === null) {
    await writeFile(join(fresh, SOURCE_HASH), hash)
    await putInPlace(fresh, dist, hash)
    return dist
  }
  await rm(fresh, { recursive: true, force: true })
  stderr.write(`The dashboard could not be built${built === null ? '' : '; the former one is served'}: ${failure}\n`)
  return built
}

/** Moves a build to its place as a whole, unless another process has put the same there. */
async function putInPlace(fresh: string, dist: string, hash: string): Promise<void> {
  const former = `${fresh}-former`
  const isThere = async () => (await readFile(join(dist, SOURCE_HASH), 'utf8').catch(() => '')) === hash
  try {
    if (await isThere()) return
    await rename(dist, former).catch(ignoreMissing)
    await rename(fresh, dist)
  } catch (error) {
    if (!(await isThere())) throw error
  } finally {
    await rm(fresh, { recursive: true, force: true })
    await rm(former, { recursive: true, force: true })
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}

/** Hash of all that goes into the page: its sources, and the contract that it shares with the API. */
async function hashOfSources(root: string, folder: string): Promise<string> {
  const contract = join(root, 'functions', 'api', 'contract')
  const hash = createHash('sha256')
  for (const base of [folder, contract]) {
    const entries = await readdir(base, { recursive: true, withFileTypes: true })
    const paths = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => !IGNORED.test(path.slice(base.length + 1)))
    for (const path of paths.toSorted()) hash.update(`${path.slice(root.length)}\0`).update(await readFile(path))
  }
  return hash.digest('hex')
}

interface Building {
  readonly vite: string
  readonly folder: string
  /** Where the build goes. */
  readonly out: string
}

/** Runs the bundler; gives the last lines of its output where it fails. */
async function build({ vite, folder, out }: Building): Promise<string | null> {
  const child = spawn(process.execPath, [vite, 'build', '--outDir', out, '--emptyOutDir'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // The bundler takes NODE_ENV of its environment, and with another one React's slow build, three times as large.
    env: { ...process.env, NODE_ENV: 'production' },
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const code = await new Promise<number | null>((done) => child.on('error', () => done(null)).on('close', done))
  return code === 0 ? null : text.trim().split('\n').slice(-5).join(' ').slice(0, 1_000) || 'the bundler did not start'
}
