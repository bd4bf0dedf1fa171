import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import type { DuckDBConnection } from '@duckdb/node-api'
import { DaybreakError, toDaybreakError } from '../../../errors.ts'
import { quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { lastingWarehouseError } from '../errors.ts'
import { asSubquery, expectReading } from '../statement.ts'
import { toText } from '../text.ts'
import { openForReading } from './client.ts'
import { type Failed, FailedCode, type Reply, Request } from './protocol.ts'

const LONGEST_MESSAGE = 4_000
const BATCH = 1 << 18
const HEADROOM = 512 << 20
const LOOK_EVERY = 25
// Twice what a process has that answered a small question.
const MOST_AFTER = 320 << 20

/**
 * Answers questions in a process of its own, one after the other, and says so line by line. Some functions of DuckDB can neither be
 * interrupted nor count their memory, so this process watches its own size, and dies at once when its stdin ends: the asker has left.
 * Each question opens the file again, so nothing of one question is there for the next.
 */
export async function answerQuestions(stdin: Readable, stdout: Writable): Promise<never> {
  const say = async (reply: Reply) => {
    if (!stdout.write(`${JSON.stringify(reply)}\n`)) await once(stdout, 'drain')
  }
  let asked: Request | null = null
  stdout.on('error', () => leave(asked))
  setInterval(() => void (asked && expectSmall(asked, say)), LOOK_EVERY)
  for await (const line of linesOf(stdin, () => leave(asked))) {
    asked = Request.parse(JSON.parse(line))
    mkdirSync(asked.tempDir, { mode: 0o700 })
    await answer(asked, say)
    asked = null
    // Memory of a large question may stay with the process, and would count against the next one.
    if (process.memoryUsage.rss() > MOST_AFTER) break
    await say({ kind: 'ready' })
  }
  return await new Promise(() => stdout.end(die))
}

/** Lines as they come, also while one of them is answered, so that the end is seen at once. */
async function* linesOf(stdin: Readable, onEnd: () => void): AsyncGenerator<string, undefined> {
  const lines: string[] = []
  let text = ''
  let wake = () => {}
  stdin.setEncoding('utf8').on('data', (chunk: string) => {
    const [first = '', ...rest] = chunk.split('\n')
    text += first
    for (const more of rest) {
      lines.push(text)
      text = more
    }
    wake()
  })
  stdin.on('end', onEnd).on('close', onEnd)
  for (;;) {
    const line = lines.shift()
    if (line !== undefined) yield line
    else
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
}

/** The asker is gone, so no other process removes the temporary files. */
function leave(asked: Request | null): void {
  if (asked) rmSync(asked.tempDir, { recursive: true, force: true })
  die()
}

/** Answers a request in this process: it never throws, and what went wrong is the last reply. */
export async function answer(request: Request, say: (reply: Reply) => Promise<void>): Promise<void> {
  try {
    const { connection, close } = await openForReading(request, (holder) => void say({ kind: 'waiting', holder }))
    try {
      await say({ kind: 'opened' })
      await read(connection, request, say)
    } finally {
      close()
    }
  } catch (error) {
    await say(toFailed(error))
  }
}

async function read(
  connection: DuckDBConnection,
  request: Request,
  say: (reply: Reply) => Promise<void>,
): Promise<void> {
  const { sql, into } = request
  await expectReading(connection, sql)
  if (into === null) return await stream(connection, request, say)
  await say({ kind: 'done', rows: await copy(connection, sql, into), all: true })
}

async function copy(connection: DuckDBConnection, sql: string, into: NonNullable<Request['into']>): Promise<number> {
  const query = await asSubquery(connection, sql)
  if (query === null) throw new DaybreakError('USAGE_INVALID', 'expected a statement that can stand in a FROM')
  const options = into.format === 'csv' ? 'FORMAT csv, HEADER true' : 'FORMAT parquet, COMPRESSION zstd'
  const result = await connection.run(`COPY (FROM (\n${query}\n)) TO ${quoteString(into.path)} (${options})`)
  return result.rowsChanged
}

async function stream(
  connection: DuckDBConnection,
  { sql, limit, countTo }: Request,
  say: (reply: Reply) => Promise<void>,
): Promise<void> {
  const result = await connection.stream(sql)
  const names = result.deduplicatedColumnNames()
  await say({ kind: 'columns', columns: names.map((name, at) => ({ name, type: String(result.columnType(at)) })) })
  const isShow = /^\s*SHOW\b/i.test(sql)
  let rows = 0
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const texts = rows < limit ? chunk.getRows().map((row) => row.map(toText)) : null
    const shown = texts && isShow ? texts.filter((row) => !row[names.indexOf('name')]?.startsWith('_')) : texts
    if (shown) await sendRows(shown.slice(0, limit - rows), say)
    rows += shown?.length ?? chunk.rowCount
    if (rows > countTo) return await say({ kind: 'done', rows: countTo, all: false })
  }
  await say({ kind: 'done', rows, all: true })
}

/** In lines of a bounded size, since a row may be large. */
async function sendRows(all: readonly (string | null)[][], say: (reply: Reply) => Promise<void>): Promise<void> {
  let rows: (string | null)[][] = []
  let size = 0
  for (const row of all) {
    rows.push(row)
    size += row.reduce((sum, cell) => sum + (cell?.length ?? 0), 0)
    if (size < BATCH) continue
    await say({ kind: 'rows', rows })
    rows = []
    size = 0
  }
  if (rows.length > 0) await say({ kind: 'rows', rows })
}

async function expectSmall({ memoryLimit }: Request, say: (reply: Reply) => Promise<void>): Promise<void> {
  if (process.memoryUsage.rss() <= toBytes(memoryLimit) + HEADROOM) return
  const message = `the query took more memory than warehouse.memory_limit (${memoryLimit}) allows`
  await say({ kind: 'failed', code: 'QUERY_LIMIT', message })
  die()
}

function toBytes(memory: string): number {
  const [, count = '0', unit = 'B'] = /^(\d+(?:\.\d+)?)\s*([KMGT]?i?B)$/i.exec(memory) ?? []
  return Number(count) * 1024 ** Math.max(0, 'BKMGT'.indexOf(unit.charAt(0).toUpperCase()))
}

function toFailed(error: unknown): Failed {
  if (error instanceof DaybreakError) {
    const { code, message } = error
    return { kind: 'failed', code: FailedCode.safeParse(code).data ?? 'WAREHOUSE_FAILED', message }
  }
  const text = toDaybreakError(error).message.replace('Failed to extract statements: ', '').trimEnd()
  const message = `the query failed: ${text.slice(0, LONGEST_MESSAGE)}`
  if (/^Out of Memory Error|failed to offload|max_temp_directory_size/m.test(text))
    return { kind: 'failed', code: 'QUERY_LIMIT', message }
  const lasting = /^(FATAL|IO) Error/.test(text) ? lastingWarehouseError(error, 'answer the query') : null
  if (lasting) return toFailed(lasting)
  if (/^(FATAL|IO) Error/.test(text)) return { kind: 'failed', code: 'WAREHOUSE_FAILED', message }
  return { kind: 'failed', code: 'USAGE_INVALID', message }
}

/** At once: threads of DuckDB that cannot be interrupted would keep an ordinary exit waiting. */
function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
