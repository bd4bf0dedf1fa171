import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../world.ts'

/** A program of others that says whether an artifact of Daybreak is what it claims to be. */
export interface Judge {
  /** Ready to be called, or the reason why this machine cannot have it. */
  readonly without: string | null
  /** Runs one of its programs, and gives what it wrote and its exit code. It never throws for an exit code. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Verdict>
}

/** Output of a program. */
export interface Verdict {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

const OLDEST = [3, 10] as const
const INSTALL_TIMEOUT = 600_000
const RUN_TIMEOUT = 1_200_000
const MOST_OUTPUT = 64 * 1024 * 1024
// pip says this of a network, and not of a package that does not exist.
const NO_NETWORK =
  /NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|NameResolutionError|Temporary failure|Network is unreachable/

/**
 * The Python packages pinned in `tests/conformance/NAME.txt`, in a virtual environment below the user's cache. It is made once for each
 * text of that file. Without Python or its package index the judge is absent, and its tests are skipped with the reason in their name.
 * @throws {Error} when the index is there and a pin is not.
 */
export async function findJudge(name: string): Promise<Judge> {
  const version = pythonVersion()
  if (version === null) return absent(`no Python ${OLDEST.join('.')} with venv`)
  const pins = join(ROOT, 'tests/conformance', `${name}.txt`)
  const hash = createHash('sha256')
    .update(`${version}\n${readFileSync(pins, 'utf8')}`)
    .digest('hex')
    .slice(0, 12)
  const folder = join(cacheFolder(), `${name}-${hash}`)
  const why = existsSync(doneFile(folder)) ? null : await install(folder, pins)
  if (why !== null) return absent(why)
  return {
    without: null,
    run: (program, args, options = {}) =>
      call(join(folder, 'bin', program), args, { timeout: RUN_TIMEOUT, ...options }),
  }
}

/** Text for the name of a suite: empty, or why it is skipped. */
export function unless({ without }: Judge): string {
  return without === null ? '' : ` (skipped: ${without})`
}

function absent(why: string): Judge {
  return {
    without: why,
    async run() {
      throw new Error(`the judge is absent: ${why}`)
    },
  }
}

function cacheFolder(): string {
  const { DAYBREAK_JUDGES, XDG_CACHE_HOME } = process.env
  return DAYBREAK_JUDGES ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'daybreak', 'judges')
}

function doneFile(folder: string): string {
  return join(folder, 'installed')
}

/** Version of the Python that can make virtual environments; null without one that is new enough. */
function pythonVersion(): string | null {
  const script = 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2])'
  try {
    const text = execFileSync('python3', ['-c', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    const [major = 0, minor = 0] = text.split('.').map(Number)
    return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]) ? text : null
  } catch {
    return null
  }
}

/** Installs exactly the pins. Gives the reason why it cannot; null when it did. */
async function install(folder: string, pins: string): Promise<string | null> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const options = { timeout: INSTALL_TIMEOUT }
  await expectSuccess(await call('python3', ['-m', 'venv', folder], options))
  const quiet = ['--disable-pip-version-check', '--no-input', '--quiet', '--retries', '1']
  const pip = await call(
    join(folder, 'bin/python'),
    ['-m', 'pip', 'install', ...quiet, '--no-deps', '--only-binary', ':all:', '--requirement', pins],
    options,
  )
  if (pip.code !== 0 && NO_NETWORK.test(pip.stderr)) return 'no Python package index'
  await expectSuccess(pip)
  await writeFile(doneFile(folder), '')
  return null
}

async function expectSuccess({ code, stdout, stderr }: Verdict): Promise<void> {
  if (code !== 0) throw new Error(`exit code ${code}\n${stdout}${stderr}`)
}

function call(
  program: string,
  args: readonly string[],
  { timeout, cwd, env }: RunOptions & { readonly timeout: number },
): Promise<Verdict> {
  const options = { timeout, maxBuffer: MOST_OUTPUT, ...(cwd && { cwd }), env: { ...process.env, ...env } }
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr })
      if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr })
      return reject(error)
    })
  })
}
