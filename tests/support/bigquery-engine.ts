import { createHash } from 'node:crypto'
import type { Contract } from '../../functions/contract/contract.ts'
import { type BigqueryTransform, compileToBigquery, JUDGED } from '../../functions/engine/bigquery/compile.ts'
import { type CutFile, cutRecords } from '../../functions/engine/bigquery/records.ts'
import { FILES, fileLine, RECORDS, recordLine } from '../../functions/engine/bigquery/sheet.ts'
import type { Row } from './transform.ts'
import { PRIVACY_KEY } from './transform.ts'
import { type Evaluation, openZetasql, type SqlTable, type Zetasql } from './zetasql.ts'

const TABLES = { records: '`p.raw.records`', files: '`p.raw.files`' }

/** What Google's evaluator makes of a file, by the statements the contract compiles to. */
export interface BigqueryOutcome {
  readonly cut: CutFile
  readonly compiled: BigqueryTransform
  readonly types: ReadonlyMap<string, string>
  readonly rows: readonly Row[]
  readonly rejects: readonly Row[]
}

export interface BigqueryGiven {
  readonly date?: string
  readonly timeZone?: string
  readonly location?: string
}

/** Cuts files and runs compiled contracts over them. */
export async function openBigqueryBench() {
  const zetasql = await openZetasql()
  return {
    zetasql,
    transform: (contract: Contract, bytes: string | Buffer, given: BigqueryGiven = {}) =>
      transform(zetasql, { contract, bytes: Buffer.from(bytes), ...given }),
    close: () => zetasql.close(),
  }
}

export type BigqueryBench = Awaited<ReturnType<typeof openBigqueryBench>>

type Request = BigqueryGiven & { readonly contract: Contract; readonly bytes: Buffer }

async function transform(zetasql: Zetasql, request: Request): Promise<BigqueryOutcome> {
  const { cut, compiled, tables } = await cutToTables(request)
  const options = { parameters: compiled.parameters, values: { privacy_key: PRIVACY_KEY.toString() } }
  const run = (query: string, order: string) =>
    zetasql.evaluate(`WITH ${JUDGED} AS (${compiled.judged}) ${query} ORDER BY ${order}`, tables, options)
  const rows = await run(compiled.rows, '_row_number')
  const rejects = await run(compiled.rejects, 'line')
  const types = new Map(rows.columns.map(({ name, type }) => [name, type]))
  return { cut, compiled, types, rows: named(rows), rejects: named(rejects) }
}

/** The tables as load jobs would make them of the lines of JSON that the cut gives. */
async function cutToTables({ contract, bytes, date = '2025-02-05', timeZone, location = '185129' }: Request) {
  const slice = {
    location,
    date,
    sourceFile: `/${location}/20250205/${contract.file}`,
    rawSha256: createHash('sha256').update(bytes).digest('hex'),
    timeZone: timeZone ?? 'America/New_York',
    closeoutHour: 4,
  }
  const running = await cutRecords({ name: slice.sourceFile, bytes: bytes.length }, blocksOf(bytes))
  const compiled = compileToBigquery(contract, { header: running.header, tables: TABLES })
  const lines: string[] = []
  for await (const record of running.records) lines.push(recordLine(slice, record))
  const cut = running.total()
  const tables = [
    tableOf('p.raw.records', RECORDS.columns, lines),
    tableOf('p.raw.files', FILES.columns, [fileLine(slice, cut)]),
  ]
  return { cut, compiled, tables }
}

function tableOf(name: string, columns: SqlTable['columns'], lines: readonly string[]): SqlTable {
  const rows = lines.map((line) => {
    const row = JSON.parse(line)
    return columns.map((column) => (row[column.name] === null ? null : String(row[column.name])))
  })
  return { name, columns, rows }
}

async function* blocksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 977) yield bytes.subarray(at, at + 977)
}

const named = ({ columns, rows }: Evaluation): readonly Row[] =>
  rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null])))
