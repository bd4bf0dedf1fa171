import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Contract } from '../../functions/contract/contract.ts'
import { type BigqueryTransform, compileToBigquery, JUDGED } from '../../functions/engine/bigquery/compile.ts'
import { type CutFile, cutRecords } from '../../functions/engine/bigquery/records.ts'
import { FILES, fileLine, RECORDS, recordLine } from '../../functions/engine/bigquery/sheet.ts'
import type { CheckOutcome } from '../../functions/engine/check-result.ts'
import { refuseSpreadsheet } from '../../functions/engine/file/spreadsheet.ts'
import { CheckAnswer, outcomesOf } from './bigquery-outcomes.ts'
import { PRIVACY_KEY, type Row } from './transform.ts'
import { openZetasql, type SqlTable, type Zetasql } from './zetasql.ts'

const TABLES = { records: '`p.raw.records`', files: '`p.raw.files`' }

/** Result of Google's evaluator for a file, by the statements that the contract compiles to. */
export interface BigqueryOutcome {
  readonly cut: CutFile
  readonly compiled: BigqueryTransform
  /** Types of the rows, by column. */
  readonly types: ReadonlyMap<string, string>
  readonly rows: readonly Row[]
  readonly rejects: readonly Row[]
  readonly summary: Row
  readonly checks: readonly CheckOutcome[]
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
  const { cut, compiled, tables, trailing } = await cutToTables(request)
  const { rows, rejects, summary, checks } = compiled
  const list = (query: string, order: string) => `ARRAY(SELECT AS STRUCT * FROM (${query}) ORDER BY ${order})`
  // One statement, because the evaluator would judge the records anew for each.
  const sql = [
    `WITH ${JUDGED} AS (${compiled.judged})`,
    `SELECT ${list(rows, '_row_number')}, ${list(rejects, 'line')}, ${list(summary, 'location_id')}, ${list(checks, 'check_name')}`,
  ].join(' ')
  const options = { parameters: compiled.parameters, values: { privacy_key: PRIVACY_KEY.toString() } }
  const { columns, rows: answers } = await zetasql.evaluate(sql, tables, options)
  const [accepted, rejected, summaries, answered] = (answers[0] ?? []).map((each) =>
    Rows.parse(JSON.parse(each ?? '[]')),
  )
  return {
    cut,
    compiled,
    types: typesOf(columns[0]?.type ?? ''),
    rows: accepted ?? [],
    rejects: rejected ?? [],
    summary: summaries?.[0] ?? {},
    checks: outcomesOf(request.contract, { ...compiled.plan, trailing }, CheckAnswer.array().parse(answered)),
  }
}

const Rows = z.array(z.record(z.string(), z.string().nullable()))

/** The fields of `ARRAY<STRUCT<name TYPE, ...>>`, none of which is a list or a struct. */
function typesOf(type: string): ReadonlyMap<string, string> {
  return new Map(
    [...type.replace('ARRAY<STRUCT<', '').matchAll(/(\w+) (\w+)/g)].map(([, name = '', of = '']) => [name, of]),
  )
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
  refuseSpreadsheet({ name: slice.sourceFile, contract, positions: compiled.plan.positions, sample: running.sample })
  const lines: string[] = []
  for await (const record of running.records) lines.push(recordLine(slice, record))
  const cut = running.total()
  const tables = [
    tableOf('p.raw.records', RECORDS.columns, lines),
    tableOf('p.raw.files', FILES.columns, [fileLine(slice, cut)]),
  ]
  return { cut, compiled, tables, trailing: running.trailing }
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
