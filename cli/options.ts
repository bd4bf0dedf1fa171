import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DaybreakError } from '../functions/errors.ts'
import type { Args, Values } from './args.ts'
import type { Context } from './context.ts'

/** Forms of output. */
export const FORMATS = ['table', 'json', 'ndjson', 'csv'] as const
/** Form of output. */
export type Format = (typeof FORMATS)[number]

/** Flags that every command takes. */
export const GLOBAL_ARGS = {
  env: { type: 'string', alias: 'e', valueHint: 'NAME', description: 'Environment: config/environments/NAME.yaml.' },
  output: { type: 'enum', alias: 'o', options: [...FORMATS], description: 'Form of the result on stdout.' },
  'log-format': { type: 'enum', options: ['pretty', 'json'], description: 'Form of the log on stderr.' },
  verbose: { type: 'boolean', alias: 'v', description: 'Log every step, and the stack of an error.' },
  quiet: { type: 'boolean', alias: 'q', description: 'No progress, no log; errors only.' },
  yes: { type: 'boolean', alias: 'y', description: 'Answer yes to every question.' },
  'no-input': { type: 'boolean', description: 'Never ask; a question without an answer is an error.' },
  'project-dir': {
    type: 'string',
    valueHint: 'DIR',
    description: 'Folder of the project; searched upwards if absent.',
  },
  'no-color': { type: 'boolean', description: 'No colours. NO_COLOR, CI and TERM=dumb do the same.' },
  remote: {
    type: 'string',
    valueHint: 'URL',
    description:
      'Ask the API that is served there. The token is in DAYBREAK_TOKEN, or in the file that DAYBREAK_TOKEN_FILE names.',
  },
  help: { type: 'boolean', alias: 'h', description: 'Print this help.' },
} as const satisfies Record<string, Args[string]>

/** Options that every command has. */
export interface Options {
  /** Name of the environment file. */
  readonly environment: string
  readonly format: Format
  readonly logFormat: 'pretty' | 'json'
  readonly verbosity: 'quiet' | 'normal' | 'verbose'
  /** Questions are answered with yes. */
  readonly yes: boolean
  /** False when nothing may be asked: --no-input, or no terminal. */
  readonly interactive: boolean
  /** Absolute. */
  readonly projectDir: string
  /** Address of an API that commands ask instead of the project; null for the project. */
  readonly remote: string | null
  /** True for each stream that takes colours. */
  readonly color: { readonly stdout: boolean; readonly stderr: boolean }
}

/** The global flags in effect: flag, then `DAYBREAK_*`, then default. @throws {DaybreakError} USAGE_INVALID. */
export function resolveOptions(flags: Partial<Values<typeof GLOBAL_ARGS>>, context: Context): Options {
  const { env, isTTY } = context
  const text = (name: string) => env[variableOf(name)] || undefined
  const on = (name: string) => !['', '0', 'false', undefined].includes(env[variableOf(name)])
  const quiet = flags.quiet || (!flags.verbose && on('quiet'))
  const plain = flags['no-color'] || !colorsAllowed(env)
  return {
    environment: flags.env ?? text('env') ?? 'local',
    format: flags.output ?? oneOf('output', FORMATS, text('output')) ?? 'table',
    logFormat: flags['log-format'] ?? oneOf('log-format', ['pretty', 'json'], text('log-format')) ?? 'pretty',
    verbosity: quiet ? 'quiet' : flags.verbose || on('verbose') ? 'verbose' : 'normal',
    yes: flags.yes || on('yes'),
    interactive: !flags['no-input'] && !on('no-input') && !env.CI && isTTY.stdin && isTTY.stderr,
    projectDir: projectDir(flags['project-dir'] ?? text('project-dir'), context.cwd),
    remote: flags.remote ?? text('remote') ?? null,
    color: { stdout: !plain && isTTY.stdout, stderr: !plain && isTTY.stderr },
  }
}

/** False when the environment asks for plain text. */
export function colorsAllowed(env: Context['env']): boolean {
  return !env.DAYBREAK_NO_COLOR && !env.NO_COLOR && !env.CI && env.TERM !== 'dumb'
}

function variableOf(flag: string): string {
  return `DAYBREAK_${flag.toUpperCase().replaceAll('-', '_')}`
}

function oneOf<const Choice extends string>(flag: string, choices: readonly Choice[], value?: string) {
  if (value === undefined) return undefined
  const choice = choices.find((candidate) => candidate === value)
  if (choice) return choice
  throw new DaybreakError('USAGE_INVALID', `${variableOf(flag)} is "${value}"; expected one of ${choices.join(', ')}`)
}

/** The folder that was named; else the nearest one upwards that holds `config/pipelines`; else the current one. */
function projectDir(named: string | undefined, cwd: string): string {
  if (named !== undefined) return resolve(cwd, named)
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'config', 'pipelines'))) return folder
    if (dirname(folder) === folder) return cwd
  }
}
