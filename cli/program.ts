import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { READER } from '../functions/adapters/duckdb/reader/word.ts'
import type { Context } from './context.ts'

/** The command that starts this program again, without arguments: the entry that it was started by, behind the links that npm makes. */
export function programOf({ execPath, execArgv, argv: [, entry] }: NodeJS.Process): readonly string[] {
  return [execPath, ...execArgv, entry && existsSync(entry) ? realpathSync(entry) : (entry ?? '')]
}

/** Folder of this installation: a checkout, a package or the image. */
export function installationOf({ program }: Pick<Context, 'program'>): string {
  return dirname(dirname(program.at(-1) ?? ''))
}

/** Where a page of the documentation is on this machine; its path in the repository where the installation has none. */
export function pageOf(page: string, context: Pick<Context, 'program'>): string {
  const path = join(installationOf(context), page)
  return existsSync(path) ? path : page
}

/** Answers questions and ends, in a process that was started for nothing else; returns at once in any other. */
export async function answerIfReader({ argv, stdin, stdout }: NodeJS.Process): Promise<void> {
  if (argv[2] !== READER) return
  const { answerQuestions } = await import('../functions/adapters/duckdb/reader/process.ts')
  await answerQuestions(stdin, stdout)
}
