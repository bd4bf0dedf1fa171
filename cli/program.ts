import { READER } from '../functions/adapters/duckdb/reader/word.ts'

/** The command that starts this program again, without arguments: the entry that it was started by. */
export function programOf({ execPath, execArgv, argv }: NodeJS.Process): readonly string[] {
  return [execPath, ...execArgv, argv[1] ?? '']
}

/** Answers one question and ends, in a process that was started for nothing else; returns at once in any other. */
export async function answerIfReader({ argv, stdin, stdout }: NodeJS.Process): Promise<void> {
  if (argv[2] !== READER) return
  const { answerQuestion } = await import('../functions/adapters/duckdb/reader/process.ts')
  await answerQuestion(stdin, stdout)
}
