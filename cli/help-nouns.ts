import { parseArgs } from 'node:util'
import { loadProject } from '../functions/config/project.ts'
import { DaybreakError } from '../functions/errors.ts'
import { nounsNamed, wordsOf } from '../functions/pipeline/slice-words.ts'
import type { Context } from './context.ts'
import { GLOBAL_ARGS, type Options } from './options.ts'

/** The flags of a command line that name project and environment. Help reads the rest of the line not at all. */
export function projectFlags(rest: readonly string[]): { readonly 'project-dir'?: string; readonly env?: string } {
  const options = { 'project-dir': { type: 'string' }, env: { type: 'string', short: GLOBAL_ARGS.env.alias } } as const
  const { 'project-dir': folder, env } = parseArgs({ args: [...rest], options, strict: false }).values
  return { ...(typeof folder === 'string' && { 'project-dir': folder }), ...(typeof env === 'string' && { env }) }
}

const NEUTRAL = /\b(shards?|windows?)\b/

/** Nouns of each pipeline of the project, for a help that says shard or window; empty where there is no valid project. */
export async function helpNouns(
  help: string,
  { projectDir, environment }: Pick<Options, 'projectDir' | 'environment'>,
  { env }: Pick<Context, 'env'>,
): Promise<string> {
  if (!NEUTRAL.test(help)) return ''
  try {
    const { pipelines, contracts } = await loadProject({ projectDir, environment, env })
    const lines = [...pipelines].map(([name, config]) =>
      nounsNamed(name, wordsOf({ config, contracts: contracts.get(name) ?? new Map() })),
    )
    return `\nIN THIS PROJECT\n\n${lines.map((line) => `  ${line}\n`).join('')}`
  } catch (error) {
    // Help is what a person reads to find out what is wrong.
    if (error instanceof DaybreakError) return ''
    throw error
  }
}
