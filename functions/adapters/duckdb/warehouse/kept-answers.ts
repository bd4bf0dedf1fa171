import { statSync } from 'node:fs'

const MOST_ANSWERS = 2_000
// A file system may give two writes within so many milliseconds the same time.
const SETTLED = 50

interface Kept {
  readonly stamp: string
  readonly answer: unknown
}

/** Answers about a file, given again while neither it nor its log was written. */
export interface KeptAnswers {
  /** The answer if the file is as it was; undefined otherwise. */
  find(question: string): { readonly answer: unknown } | undefined
  /** Asks, and keeps the answer if nothing was written meanwhile. */
  ask<Answer>(question: string, work: () => Promise<Answer>): Promise<Answer>
}

/** Answers of one process about a DuckDB file. */
export function createKeptAnswers(path: string): KeptAnswers {
  const kept = new Map<string, Kept>()
  return {
    find(question) {
      const found = kept.get(question)
      if (found === undefined || found.stamp !== stampOf(path)) return undefined
      return { answer: found.answer }
    },
    async ask(question, work) {
      const stamp = stampOf(path)
      const answer = await work()
      if (stamp === null || stamp !== stampOf(path)) return answer
      const oldest = kept.keys().next()
      if (kept.size >= MOST_ANSWERS && !oldest.done) kept.delete(oldest.value)
      kept.set(question, { stamp, answer })
      return answer
    },
  }
}

/** Times and sizes of the file and of its log; null where one of them was written just now. */
function stampOf(path: string): string | null {
  const files = [path, `${path}.wal`].map((name) => statSync(name, { throwIfNoEntry: false }))
  const now = Date.now()
  if (files.some((file) => file !== undefined && Math.abs(now - file.mtimeMs) < SETTLED)) return null
  return files.map((file) => (file ? `${file.ino} ${file.mtimeMs} ${file.size}` : 'none')).join(', ')
}
