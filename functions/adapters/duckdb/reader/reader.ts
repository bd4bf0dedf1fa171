import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answer, Count, Question, WritingReader } from '../../../pipeline/ports.ts'
import { DUCKDB } from '../../../sql/dialects/duckdb/dialect.ts'
import type { Request } from './protocol.ts'
import { startTalk, type Talk } from './talk.ts'

/** File, limits and program of a reader. */
interface DuckdbReaderOptions {
  readonly path: string
  /** Schemas whose tables can be named without them. */
  readonly schemas: readonly string[]
  /** As DuckDB writes it, e.g. `512MB`. */
  readonly memoryLimit: string
  /** Existing folder for what does not fit into memory. */
  readonly tempRoot: string
  /** The command that starts this program again, without arguments. */
  readonly program: readonly string[]
  /** Of the processes that answer, as of `os.setPriority`. */
  readonly priority?: number
  /** Milliseconds to wait for a process that writes. Default: one minute. */
  readonly patience?: number
}

/**
 * Reads the warehouse for people, in processes that answer one question at a time. One is killed when its time is up or its asker
 * leaves: DuckDB cannot interrupt every function, and SQL may exhaust the memory of the process that it runs in. One that gave a whole
 * answer waits a few seconds for the next question.
 */
export function openDuckdbReader(options: DuckdbReaderOptions): WritingReader {
  return {
    can: { write: true },
    dialect: DUCKDB,
    async ask(question) {
      const { limit, countTo } = question
      return await toAnswer(await open(options, question, { limit, countTo, into: null }))
    },
    async write(question, into) {
      const talk = await open(options, question, { limit: 0, countTo: 0, into })
      try {
        return (await talk.expect('done')).rows
      } finally {
        await talk.close()
      }
    },
  }
}

async function open(
  { path, schemas, memoryLimit, tempRoot, program, priority, patience = 60_000 }: DuckdbReaderOptions,
  { sql, timeout, signal, onWait }: Question,
  more: Pick<Request, 'limit' | 'countTo' | 'into'>,
): Promise<Talk> {
  // Made by the process itself, which removes it when its asker has died.
  const tempDir = join(tempRoot, `query-${randomUUID()}`)
  const request = { path, schemas, sql, memoryLimit, tempDir, patience, ...more }
  const onClose = () => rm(tempDir, { recursive: true, force: true })
  const child = { program, ...(priority !== undefined && { priority }) }
  return startTalk(request, { child, timeout, signal, onWait, onClose })
}

async function toAnswer(talk: Talk): Promise<Answer> {
  let count: Count = { rows: 0, all: false }
  async function* batches() {
    try {
      for (;;) {
        const reply = await talk.expect('rows', 'done')
        if (reply.kind === 'done') {
          count = { rows: reply.rows, all: reply.all }
          return
        }
        yield reply.rows
      }
    } finally {
      await talk.close()
    }
  }
  try {
    const { columns } = await talk.expect('columns')
    return { columns, batches: batches(), count: () => count }
  } catch (error) {
    await talk.close()
    throw error
  }
}
