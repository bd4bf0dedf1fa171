import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Constant } from '../../../contract/carried.ts'
import { PARQUET_OPTIONS } from '../../../engine/duckdb/compile.ts'
import { recordSpans } from '../../../engine/file/record.ts'
import { CHECKPOINT_EVERY, linesOf, type RecordIndex } from '../../../engine/file/record-index.ts'
import { hiddenRows } from '../../../engine/file/swallowed.ts'
import { type ExplainContext, explainReject } from '../../../engine/rejects/explain.ts'
import type { RejectedRecord } from '../../../engine/rejects/plan.ts'
import { type Reject, rejectColumns } from '../../../engine/rejects/rejects.ts'
import { duckdbType } from '../../../sql/dialects/duckdb/column-type.ts'
import { quoteIdentifier, quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { append, readRange } from '../file.ts'
import type { RowOrigin } from './engine-input.ts'
import type { Lane } from './lanes.ts'

/** The rejected records of a file and where to find them. */
interface RejectsRequest {
  /** The raw file: its bytes are what `raw` shows and hashes. */
  readonly path: string
  readonly bytes: number
  /** Ascending. */
  readonly rejected: readonly RejectedRecord[]
  readonly index: RecordIndex
  readonly context: ExplainContext
  /** Columns that every reject carries. */
  readonly constants: readonly Constant[]
  /** Set for a file whose records were made of it: where their rows stand in the file itself. */
  readonly origin: ((record: number) => RowOrigin) | null
  readonly folder: string
  readonly output: string
}

/** Writes rejects as Parquet, in the order of the file; there is always a file, also for none. Returns how many rows they hide. */
export async function writeRejects(lane: Lane, request: RejectsRequest): Promise<number> {
  const list = join(request.folder, 'rejects.ndjson')
  const hidden = await writeList(list, request)
  const shape = rejectColumns(request.constants)
  const columns = shape.map(({ name, type }) => `${quoteString(name)}: ${quoteString(duckdbType({ type }))}`)
  const names = shape.map(({ name }) => quoteIdentifier(name)).join(', ')
  const source = `read_json(${quoteString(list)}, format = 'newline_delimited', columns = {${columns.join(', ')}})`
  await lane.connection.run(
    `COPY (SELECT ${names} FROM ${source}) TO ${quoteString(request.output)} (${PARQUET_OPTIONS})`,
  )
  return hidden
}

/** A file on disk, because a file in which every row is bad must not need more memory than another. */
async function writeList(path: string, request: RejectsRequest): Promise<number> {
  const raw = openSync(request.path, 'r')
  const list = openSync(path, 'w')
  try {
    let text = ''
    let hidden = 0
    for (const { reject, hides } of explained(raw, request)) {
      hidden += hides
      text += `${JSON.stringify(reject)}\n`
      if (text.length < FLUSH_CHARACTERS) continue
      append(list, Buffer.from(text))
      text = ''
      await setImmediate()
    }
    append(list, Buffer.from(text))
    return hidden
  } finally {
    closeSync(raw)
    closeSync(list)
  }
}

interface Explained {
  readonly reject: Reject
  /** Rows in the record besides its own. */
  readonly hides: number
}

function* explained(raw: number, request: RejectsRequest): Generator<Explained> {
  const lines = linesOf(
    request.index,
    request.rejected.map(({ record }) => record),
  )
  let near: Neighbourhood = { checkpoint: -1, from: 0, bytes: Buffer.alloc(0) }
  for (const [at, rejected] of request.rejected.entries()) {
    const checkpoint = Math.floor(rejected.record / CHECKPOINT_EVERY)
    if (near.checkpoint !== checkpoint) near = neighbourhood(raw, checkpoint, request)
    const span = nth(near.bytes, rejected.record % CHECKPOINT_EVERY)
    const found = {
      ...rejected,
      line: lines[at] ?? 0,
      offset: near.from + span.start,
      bytes: near.bytes.subarray(span.start, span.end),
    }
    const hides = typeof found.cause === 'string' ? hiddenRows(found.bytes, request.context.header.length) : 0
    const reject = explainReject(found, request.context)
    yield { reject: request.origin ? withOrigin(reject, request.origin(rejected.record)) : reject, hides }
  }
}

function withOrigin(reject: Reject, { path, line, span }: RowOrigin): Reject {
  return {
    ...reject,
    line,
    message: path === '' ? reject.message : `${reject.message}, at ${path}`,
    ...(span && { record_sha256: createHash('sha256').update(span.bytes).digest('hex') }),
    byte_offset: span?.offset ?? 0,
    byte_length: span?.bytes.length ?? 0,
  }
}

const FLUSH_CHARACTERS = 1 << 20

/** The bytes from one checkpoint of the index to the next. */
interface Neighbourhood {
  readonly checkpoint: number
  readonly from: number
  readonly bytes: Buffer
}

function neighbourhood(raw: number, checkpoint: number, { index, bytes }: RejectsRequest): Neighbourhood {
  const from = index.offsets[checkpoint] ?? 0
  return { checkpoint, from, bytes: readRange(raw, from, index.offsets[checkpoint + 1] ?? bytes) }
}

function nth(bytes: Buffer, position: number): { readonly start: number; readonly end: number } {
  for (const span of recordSpans(bytes)) if (position-- === 0) return span
  throw new TypeError('the index names a record that is not there')
}

/** Writes the rejects of a file that has none; the same bytes for all of them, so they are made once. */
export async function writeNoRejects(
  lane: Lane,
  request: Pick<RejectsRequest, 'folder' | 'output' | 'constants'>,
): Promise<Buffer> {
  const list = join(request.folder, 'rejects.ndjson')
  writeFileSync(list, '')
  const columns = rejectColumns(request.constants).map(
    ({ name, type }) => `CAST(NULL AS ${duckdbType({ type })}) AS ${quoteIdentifier(name)}`,
  )
  await lane.connection.run(
    `COPY (SELECT ${columns.join(', ')} WHERE false) TO ${quoteString(request.output)} (${PARQUET_OPTIONS})`,
  )
  return readFileSync(request.output)
}
