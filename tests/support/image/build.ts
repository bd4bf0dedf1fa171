import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { makeBase, runInside } from './container.ts'
import { contextFiles } from './context.ts'
import { type Instruction, pairs, parseDockerfile, type Stage, substitute } from './dockerfile.ts'

/** Files and settings that an instruction added to an image. */
export interface Layer {
  readonly instruction: string
  readonly bytes: number
  readonly files: number
}

/** A stage as far as it is built: a folder that is its root, and what a container made of it is told. */
export interface Built {
  readonly root: string
  readonly env: Readonly<Record<string, string>>
  readonly workdir: string
  /** `uid:gid`; null is root. */
  readonly user: string | null
  readonly command: readonly string[]
  readonly healthCheck: readonly string[]
  readonly layers: readonly Layer[]
  /** True for a stage with a system: its RUN goes to this machine's shell. */
  readonly isBuilder: boolean
}

export interface BuildOptions {
  readonly checkout: string
  /** An empty folder; gets one folder per stage. */
  readonly into: string
  /** Milliseconds that each RUN took are told here. */
  readonly told?: (line: string) => void
}

/** User without rights. In distroless it is called nonroot. */
export const UNPRIVILEGED = 65_532

/**
 * Runs the Dockerfile of a checkout without an engine: every stage in a folder, its RUN lines as they are written and as a user
 * without rights. The stage that builds uses this machine's shell, Node and npm; the product stands on a base that holds
 * Node and the libraries it links to, nothing else, and is entered with chroot. Needs root.
 */
export function buildImage({ checkout, into, told = () => undefined }: BuildOptions): Built {
  const { stages } = parseDockerfile(readFileSync(join(checkout, 'Dockerfile'), 'utf8'))
  const built = new Map<string, Built>()
  const context = join(into, 'context')
  for (const path of contextFiles(checkout)) copyFile(join(checkout, path), join(context, path))
  for (const stage of stages) built.set(stage.name, buildStage(stage, { built, context, into, told }))
  const last = built.get(stages.at(-1)?.name ?? '')
  if (!last) throw new Error('the Dockerfile has no stage')
  return last
}

interface Building {
  readonly built: ReadonlyMap<string, Built>
  readonly context: string
  readonly into: string
  readonly told: (line: string) => void
}

function buildStage(stage: Stage, building: Building): Built {
  const root = join(building.into, `stage-${stage.name}`)
  let state = startOf(stage, root, building.built)
  for (const instruction of stage.instructions) {
    const startedAt = performance.now()
    state = apply(instruction, state, building)
    const took = Math.round(performance.now() - startedAt)
    if (took > 100) building.told(`${stage.name}: ${instruction.name} ${instruction.text.slice(0, 60)}: ${took} ms`)
  }
  return state
}

function startOf({ from }: Stage, root: string, built: ReadonlyMap<string, Built>): Built {
  const earlier = built.get(from)
  if (earlier) {
    // Links to the same files, so a later stage must not change files of an earlier one.
    execFileSync('cp', ['-al', earlier.root, root])
    return { ...earlier, root }
  }
  const isBuilder = !from.includes('distroless')
  mkdirSync(root, { recursive: true })
  const base = isBuilder ? [] : [makeBase(root)]
  const start = { env: {}, workdir: '/', user: null, command: [], healthCheck: [] }
  return { ...start, root, layers: base, isBuilder }
}

function apply(instruction: Instruction, state: Built, building: Building): Built {
  const { name, text, words, line } = instruction
  if (name === 'ENV') return { ...state, env: { ...state.env, ...Object.fromEntries(pairs(instruction)) } }
  if (name === 'WORKDIR') return { ...state, workdir: resolve(state.workdir, text) }
  if (name === 'USER') return { ...state, user: text }
  if (name === 'COPY') return { ...state, layers: [...state.layers, copy(instruction, state, building)] }
  if (name === 'RUN') return run(instruction, state)
  if (name === 'ENTRYPOINT') return { ...state, command: words }
  if (name === 'CMD') return { ...state, command: [...state.command, ...words] }
  if (name === 'HEALTHCHECK') return { ...state, healthCheck: words }
  if (['ARG', 'EXPOSE', 'LABEL'].includes(name)) return state
  throw new Error(`Dockerfile:${line}: ${name} is not done here`)
}

/** Copies as Docker does: what a folder holds and not the folder, owned by root unless told. */
function copy({ flags, words, text }: Instruction, state: Built, { built, context }: Building): Layer {
  const from = flags['from'] === undefined ? context : built.get(flags['from'])?.root
  if (from === undefined) throw new Error(`COPY --from=${flags['from']}: no such stage`)
  const sources = words.slice(0, -1)
  const target = join(state.root, resolve(state.workdir, words.at(-1) ?? ''))
  const isFolder = sources.length > 1 || /\/$/.test(words.at(-1) ?? '')
  let bytes = 0
  let files = 0
  for (const source of sources) {
    const path = join(from, source)
    const into = isFolder && statSync(path).isFile() ? join(target, source.split('/').at(-1) ?? '') : target
    copyFile(path, into)
    chown(into, flags['chown'] ?? '0:0')
    const size = sizeOf(into)
    bytes += size.bytes
    files += size.files
  }
  return { instruction: `COPY ${text}`, bytes, files }
}

function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
}

function chown(path: string, owner: string): void {
  execFileSync('chown', ['-R', owner, path])
}

/** Bytes and files below a path. */
export function sizeOf(path: string): { readonly bytes: number; readonly files: number } {
  if (!statSync(path).isDirectory()) return { bytes: statSync(path).size, files: 1 }
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
  return { bytes, files: files.length }
}

function run({ text, words, isExec, line }: Instruction, state: Built): Built {
  const before = state
  const { status, stderr, stdout } = state.isBuilder ? runHere(text, state) : runInside(state, words, isExec)
  if (status !== 0) throw new Error(`Dockerfile:${line}: RUN ${text} ended with ${status}: ${stdout}${stderr}`)
  return before
}

/** A RUN of a stage that builds: this machine's shell, in the stage's folder, as a user without rights. */
function runHere(text: string, { root, workdir }: Built) {
  const cwd = join(root, workdir)
  const home = join(root, 'home')
  mkdirSync(home, { recursive: true })
  execFileSync('chown', ['-R', `${UNPRIVILEGED}:${UNPRIVILEGED}`, cwd, home])
  chmodSync(dirname(root), 0o755)
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    npm_config_cache: npmCache(home),
    npm_config_prefer_offline: 'true',
  }
  const user = [`--reuid=${UNPRIVILEGED}`, `--regid=${UNPRIVILEGED}`, '--clear-groups', '--no-new-privs']
  return spawnSync('setpriv', [...user, 'sh', '-c', text], { cwd, env, encoding: 'utf8' })
}

/** A copy of npm's cache, for a user that may not write into the original. */
function npmCache(home: string): string {
  const cache = join(home, 'npm')
  const original = execFileSync('npm', ['config', 'get', 'cache'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
  if (!existsSync(cache) && existsSync(join(original, '_cacache'))) {
    mkdirSync(cache, { recursive: true })
    execFileSync('cp', ['-r', join(original, '_cacache'), join(cache, '_cacache')])
    execFileSync('chown', ['-R', `${UNPRIVILEGED}:${UNPRIVILEGED}`, cache])
  }
  return cache
}

/** Environment of a container made of the image. */
export function environmentOf({ env }: Built): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, substitute(value, env)]))
}
