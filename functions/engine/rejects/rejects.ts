import type { CarriedColumn } from '../../contract/carried.ts'
import type { ColumnType, Contract } from '../../contract/contract.ts'
import { type StreamTable, sharedTable } from '../../contract/table.ts'

/** Columns of a reject that say what was wrong and where; those of its slice come before them. */
export const REJECT_COLUMNS = [
  { name: 'stream', type: 'string', description: 'Stream the record would have become a row of.' },
  { name: 'file', type: 'string', description: 'Path of the file at the source.' },
  { name: 'line', type: 'int64', description: 'Line of the first character of the record, from 1.' },
  { name: 'record', type: 'int64', description: 'Number of the record in the file, from 1, the header not counted.' },
  { name: 'column', type: 'string', description: 'First column at fault; empty when it is the record as a whole.' },
  { name: 'value', type: 'string', description: 'Its value; empty when there is none or its privacy class hides it.' },
  {
    name: 'rule',
    type: 'string',
    description: 'Rule that was broken: field_count, required, a type, or the name of a check.',
  },
  { name: 'message', type: 'string', description: 'What was expected.' },
  {
    name: 'failures',
    type: 'string',
    description: 'All that is wrong with the record, as a JSON list of column, rule and message.',
  },
  {
    name: 'raw',
    type: 'string',
    description: 'Text of the record, private values replaced; empty when it cannot be taken apart and may hold some.',
  },
  { name: 'record_sha256', type: 'string', description: 'SHA-256 of the bytes of the record, without its row end.' },
  { name: 'raw_sha256', type: 'string', description: 'SHA-256 of the file: the name of the raw object.' },
  { name: 'byte_offset', type: 'int64', description: 'Bytes of the file before the record.' },
  { name: 'byte_length', type: 'int64', description: 'Bytes of the record, without its row end.' },
] as const satisfies readonly { name: string; type: ColumnType; description: string }[]

/** The columns of a reject: which slice it is from, then the reject itself. */
export function rejectColumns(carried: readonly CarriedColumn[]): StreamTable['columns'] {
  return [...carried, ...REJECT_COLUMNS]
}

/** One row of a reject part, without the columns of its slice. */
export interface Reject {
  readonly stream: string
  readonly file: string
  readonly line: number
  readonly record: number
  readonly column: string | null
  readonly value: string | null
  readonly rule: string
  readonly message: string
  readonly failures: string
  readonly raw: string | null
  readonly record_sha256: string
  readonly raw_sha256: string
  readonly byte_offset: number
  readonly byte_length: number
}

/** The table that the rejects of all streams of a pipeline become; its streams name shard and window in the same way. */
export function rejectsTable(pipeline: string, contracts: Iterable<Contract>): StreamTable {
  return sharedTable(contracts, {
    schema: pipeline,
    name: 'rejects',
    description: 'One row per record that was not accepted, with its place in the file and the reason.',
    columns: REJECT_COLUMNS,
  })
}
