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

/**
 * Answers one question in a process of its own and says so line by line. Some functions of DuckDB can neither be interrupted nor count
 * their memory, so this process watches its own size, and dies at once when its stdin ends: the asker has left.
 */
export async function answerQuestion(stdin: Readable, stdout: Writable): Promise<never> {
  const say = async (reply: Reply) => {
    if (!stdout.write(`${JSON.stringify(reply)}\n`)) await once(stdout, 'drain')
  }
  const request = await readRequest(stdin)
  mkdirSync(request.tempDir, { mode: 0o700 })
  stdin.on('close', () => leave(request))
  stdout.on('error', () => leave(request))
  setInterval(() => void expectSmall(request, say), LOOK_EVERY)
  await answer(request, say)
  return await new Promise(() => stdout.end(die))
}

/** The asker is gone, so no other process removes the temporary files. */
function leave({ tempDir }: Request): void {
  rmSync(tempDir, { recursive: true, force: true })
  die()
}

async function readRequest(stdin: Readable): Promise<Request> {
  let text = ''
  for await (const chunk of stdin.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += chunk
    if (text.endsWith('\n')) break
  }
  stdin.resume()
  // The asker died before it asked.
  if (text === '') die()
  return Request.parse(JSON.parse(text))
}

/** Answers a request in this process: it never throws, and what went wrong is the last reply. */
export async function answer(request: Request, say: (reply: Reply) => Promise<void>): Promise<void> {
  try {
    const connection = await openForReading(request, (holder) => void say({ kind: 'waiting', holder }))
    try {
      await say({ kind: 'opened' })
      await read(connection, request, say)
    } finally {
      connection.closeSync()
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
