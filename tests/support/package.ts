import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writePackage } from '../../packaging/main.ts'
import type { Finished } from './cli.ts'
import { ROOT } from './world.ts'

const MODULES = join(ROOT, 'node_modules')
// Debian's user without rights.
const NOBODY = 65_534

/** A folder in which the package is installed, by a user without rights where this one may become one. */
export interface Installed {
  readonly folder: string
  /** The folder of the package. */
  readonly root: string
  /** Runs a program of the folder as that user, with nothing of this machine but a Node. */
  run(
    argv: readonly string[],
    more?: { readonly cwd?: string; readonly env?: Record<string, string> },
  ): Promise<Finished>
  /** A folder that the user may write. */
  folderFor(name: string): string
  /** Copies a folder into one that the user may write. */
  copyFor(from: string, name: string): string
}

/** Packs the checkout and installs the tarball in an empty folder, without a network: the native packages are those of the checkout. */
export async function installPackage(into: string): Promise<Installed> {
  const [tarballs, folder] = [join(into, 'tarballs'), join(into, 'empty')]
  for (const each of [tarballs, folder]) mkdirSync(each)
  chmodSync(into, 0o755)
  await writePackage(tarballs)
  const native = readdirSync(join(MODULES, '@duckdb')).filter((name) => name.startsWith('node-bindings'))
  for (const name of [...native.map((each) => `@duckdb/${each}`), 'detect-libc'])
    execFileSync('npm', ['pack', join(MODULES, name), '--silent'], { cwd: tarballs })
  const user = canBeNobody() ? { uid: NOBODY, gid: NOBODY } : {}
  const give = (path: string) => {
    if (user.uid === undefined) return
    for (const each of ['', ...readdirSync(path, { recursive: true, encoding: 'utf8' })])
      chownSync(join(path, each), NOBODY, NOBODY)
  }
  const run: Installed['run'] = async ([program = '', ...args], { cwd = folder, env = {} } = {}) => {
    const PATH = `${join(folder, 'node_modules/.bin')}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`
    const child = spawn(program, args, { cwd, ...user, env: { PATH, HOME: folder, ...env } })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
    return { code: code ?? -1, stdout, stderr }
  }
  give(folder)
  const files = readdirSync(tarballs).filter((name) => name.endsWith('.tgz'))
  const words = ['install', '--offline', '--no-audit', '--no-fund', ...files.map((name) => join(tarballs, name))]
  const { code, stdout, stderr } = await run(['npm', ...words])
  if (code !== 0) throw new Error(`npm install ended with ${code}:\n${stdout}\n${stderr}`)
  const folderFor = (name: string) => {
    mkdirSync(join(folder, name), { recursive: true })
    give(join(folder, name))
    return join(folder, name)
  }
  const copyFor = (from: string, name: string) => {
    cpSync(from, join(folder, name), { recursive: true, dereference: true })
    folderFor(name.split('/')[0] ?? '')
    return join(folder, name)
  }
  return { folder, root: join(folder, 'node_modules/daybreak'), run, folderFor, copyFor }
}

/** Only root becomes another user, and that one must reach this Node. */
function canBeNobody(): boolean {
  if (process.getuid?.() !== 0) return false
  return spawnSync(process.execPath, ['--version'], { uid: NOBODY, gid: NOBODY }).status === 0
}

/** Bytes of all files below a folder. */
export function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}
