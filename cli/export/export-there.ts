import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { DaybreakError } from '../../functions/errors.ts'
import { expectLocal, withApi } from '../api.ts'
import type { Call } from '../command.ts'
import { download } from '../remote/download.ts'

interface Asked {
  readonly stream: string | undefined
  readonly query: string | undefined
  readonly pipeline: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
  readonly format: 'csv' | 'parquet' | 'xlsx'
}

type Asker = Pick<Call, 'options' | 'context'>

/** Days of a stream from a served API into a file. Of a CSV the rows are counted as they come. @throws {DaybreakError} REMOTE_UNSUPPORTED. */
export async function exportThere(
  { stream, query, pipeline: name, format, ...range }: Asked,
  call: Asker,
  intoFile: (work: (path: string) => Promise<number>) => Promise<number>,
): Promise<{ readonly rows?: number }> {
  if (query !== undefined) expectLocal(call, 'export', '--query')
  if (format === 'xlsx') expectLocal(call, 'export', '--format xlsx')
  if (stream === undefined) throw new DaybreakError('USAGE_INVALID', 'expected either a STREAM or --query')
  const isWhole = range.from !== undefined && range.to !== undefined
  const days = isWhole ? range : await daysThere({ stream, name, ...range }, call)
  const { remote } = call.options
  const key = 'GET /api/tables/{stream}/rows'
  const input = { path: { stream }, query: { pipeline: name, ...days, format } }
  const rows = await intoFile(async (path) => {
    const counter = createCounter()
    const parts = download(remote ?? '', { key, input }, call.context)
    await pipeline(parts, format === 'csv' ? counter.count : asIs, createWriteStream(path, { flags: 'wx' }))
    return counter.lines() - 1
  })
  return format === 'csv' ? { rows } : {}
}

interface Days {
  readonly from: string | undefined
  readonly to: string | undefined
}

interface Named extends Days {
  readonly stream: string
  /** Name of the pipeline. */
  readonly name: string | undefined
}

/** From the first to the last day that the table holds, where the caller names none. @throws {DaybreakError} USAGE_INVALID. */
async function daysThere({ stream, name, from, to }: Named, call: Asker): Promise<Days> {
  const query = name === undefined ? {} : { pipeline: name }
  const { tables } = await withApi(call, (api) => api('GET /api/tables', { query }))
  const found = tables.filter(({ table }) => table.split('.').at(-1) === stream)
  const first = found.flatMap((table) => table.from ?? []).toSorted()[0]
  const last = found
    .flatMap((table) => table.to ?? [])
    .toSorted()
    .at(-1)
  if (first !== undefined && last !== undefined) return { from: from ?? first, to: to ?? last }
  throw new DaybreakError(
    'USAGE_INVALID',
    `the server has no days of ${JSON.stringify(stream)}; expected --from and --to`,
    {
      details: { next: 'daybreak tables' },
    },
  )
}

const QUOTE = 0x22
const NEWLINE = 0x0a

/** Counts the lines of a CSV; a line break between quotes is none. */
function createCounter() {
  let lines = 0
  let isQuoted = false
  return {
    async *count(parts: AsyncIterable<Uint8Array>) {
      for await (const part of parts) {
        for (const byte of part) {
          if (byte === QUOTE) isQuoted = !isQuoted
          else if (byte === NEWLINE && !isQuoted) lines++
        }
        yield part
      }
    },
    lines: () => lines,
  }
}

async function* asIs(parts: AsyncIterable<Uint8Array>) {
  yield* parts
}
