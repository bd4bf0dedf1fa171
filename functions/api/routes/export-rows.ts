import type { Contract } from '../../contract/contract.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import type { Answer } from '../../pipeline/ports.ts'
import { streamSql } from '../../pipeline/views/stream-sql.ts'
import type { ApiCall, Bytes } from '../call.ts'
import type { ApiContext } from '../context.ts'
import { CSV, csvLine } from '../csv.ts'

const TIMEOUT = 10 * 60_000
const EVERYTHING = Number.MAX_SAFE_INTEGER

interface Exported {
  readonly contract: Contract
  readonly definition: PipelineDefinition
  readonly call: ApiCall<'GET /api/tables/{stream}/rows'>
}

/** Rows of some windows of a stream as bytes. */
export async function exportRows({ contract, definition, call }: Exported, context: ApiContext): Promise<Bytes> {
  const { query, signal } = call
  const reader = await context.reader(definition.name)
  const contracts = new Map([[definition.name, definition.contracts]])
  const { from, to, shard: shards } = query
  const sql = streamSql({ stream: contract.stream, from, to, shards }, contracts, reader.dialect)
  const question = { sql, timeout: TIMEOUT, limit: EVERYTHING, countTo: EVERYTHING, signal, onWait: () => undefined }
  const fileName = `${contract.stream}_${query.from}_${query.to}.${query.format}`
  if (query.format === 'parquet')
    return { type: 'application/vnd.apache.parquet', chunks: context.parquet(reader, question), fileName }
  const answer = await reader.ask(question)
  return { type: CSV, chunks: csvOf(answer), fileName }
}

async function* csvOf({ columns, batches }: Answer): AsyncGenerator<string> {
  yield csvLine(columns.map(({ name }) => name))
  for await (const batch of batches) yield batch.map(csvLine).join('')
}
