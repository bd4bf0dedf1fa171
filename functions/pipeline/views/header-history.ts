import { type Contract, fileOf } from '../../contract/contract.ts'
import {
  type HeaderVersion,
  headerHistory,
  type SeenColumn,
  type SeenHeader,
  seenType,
} from '../../contract/header-history.ts'
import { decode } from '../../engine/file/encoding.ts'
import { headerAt, START_BYTES } from '../../engine/file/header.ts'
import { parseRecord, recordSpans } from '../../engine/file/record.ts'
import { jsonRecords } from '../../engine/json/json-records.ts'
import { DaybreakError } from '../../errors.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate } from '../entities.ts'
import type { Ports } from '../ports.ts'

/** Archived files whose headers are read. */
interface HistoryTask {
  readonly definition: PipelineDefinition
  readonly contract: Contract
  readonly from?: BusinessDate
  readonly to?: BusinessDate
  readonly shards?: readonly string[]
}

/** Headers of a stream, and how many files could not be read for one: packed, empty, damaged or gone. */
interface HeaderHistory {
  readonly versions: readonly HeaderVersion[]
  readonly unread: number
}

const SAMPLED_RECORDS = 100

/** Reads the headers of the newest archived files of each day, also of those that are held or quarantined. The archive has them all, so nothing is kept for it. */
export async function readHeaderHistory(
  { definition, contract, from, to, shards }: HistoryTask,
  { ledger, objects }: Pick<Ports, 'ledger' | 'objects'>,
): Promise<HeaderHistory> {
  const slices = await ledger.slices({
    ...{ pipeline: definition.name, streams: [contract.stream] },
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(shards && { shards }),
  })
  const seen: SeenHeader[] = []
  let unread = 0
  for (const { raw, window, shard } of slices) {
    if (raw === null) continue
    const columns = await columnsOf(raw.object, contract, objects).catch(unlessUnreadable)
    if (columns) seen.push({ window, shard, columns })
    else unread++
  }
  return { versions: headerHistory(seen), unread }
}

function unlessUnreadable(error: unknown): null {
  if (error instanceof DaybreakError && !error.retryable) return null
  throw error
}

async function columnsOf(
  object: string,
  contract: Contract,
  objects: Pick<Ports['objects'], 'get'>,
): Promise<readonly SeenColumn[]> {
  const bytes = Buffer.from(await objects.get(object))
  const name = fileOf(contract)
  if (contract.format === 'json' || contract.format === 'jsonl')
    return jsonRecords(bytes, contract, name).header.map((column) => ({ name: column, type: null }))
  const start = bytes.subarray(0, START_BYTES)
  const { names, encoding, offset } = headerAt(start, { name, bytes: bytes.length })
  const records: (readonly string[])[] = []
  const body = start.subarray(offset)
  for (const { start: first, end } of recordSpans(body, bytes.length > START_BYTES)) {
    if (records.length > SAMPLED_RECORDS) break
    const parsed = parseRecord(decode(body.subarray(first, end), encoding))
    records.push('fields' in parsed ? parsed.fields : [])
  }
  const rows = records.slice(1).filter((fields) => fields.length === names.length)
  return names.map((column, at) => ({ name: column, type: seenType(rows.map((fields) => fields[at] ?? '')) }))
}
