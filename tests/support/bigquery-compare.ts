import type { Contract } from '../../functions/contract/contract.ts'
import { totalColumns } from '../../functions/contract/table.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { bigqueryType } from '../../functions/sql/dialects/bigquery/column-type.ts'
import type { BigqueryBench, BigqueryOutcome } from './bigquery-engine.ts'
import type { Outcome, Row, TransformBench } from './transform.ts'

/** Values that both engines must agree on: all but the printing of numbers. */
export interface Compared {
  readonly refused?: string
  readonly rows?: readonly Row[]
  readonly rejects?: readonly Row[]
  readonly counts?: object
  readonly totals?: object
  readonly encoding?: string
  readonly drift?: object
  readonly checks?: readonly object[]
}

/** A contract, a file and where it comes from. */
export interface Case {
  readonly contract: Contract
  readonly bytes: string | Buffer
  readonly date?: string
  readonly timeZone?: string
}

/** The same file through both engines. */
export async function throughBoth(
  { duckdb, bigquery }: { readonly duckdb: TransformBench; readonly bigquery: BigqueryBench },
  { contract, bytes, date = '2025-02-05', timeZone = 'America/New_York' }: Case,
): Promise<{ readonly duckdb: Compared; readonly bigquery: Compared; readonly types: ReadonlyMap<string, string> }> {
  const location = { id: '185129', name: 'Main Street', timeZone, closeoutHour: 4 }
  const one = await duckdb.transform(contract, bytes, { date, location }).catch(refusal)
  const other = await bigquery.transform(contract, bytes, { date, timeZone }).catch(refusal)
  return {
    duckdb: 'refused' in one ? one : ofDuckdb(one, contract),
    bigquery: 'refused' in other ? other : ofBigquery(other, contract),
    types: 'refused' in other ? new Map() : other.types,
  }
}

function refusal(error: unknown): { readonly refused: string } {
  if (error instanceof DaybreakError) return { refused: `${error.code}: ${error.message}` }
  throw error
}

function ofDuckdb({ rows, rejects, result }: Outcome, contract: Contract): Compared {
  const { counts, totals, encoding, drift, checks } = result
  return { rows: printed(rows, contract), rejects, counts, totals, encoding, drift, checks }
}

function ofBigquery({ rows, rejects, cut, summary, compiled, checks }: BigqueryOutcome, contract: Contract): Compared {
  const { encoding, ...counted } = cut
  const { newColumns, missingOptional, reordered } = compiled.plan
  const names = totalColumns(contract)
  return {
    rows: printed(rows, contract),
    rejects,
    counts: { ...counted, accepted: Number(summary['accepted']), rejected: Number(summary['rejected']) },
    totals: Object.fromEntries(names.map((name) => [name, summary[`total_${name}`]])),
    encoding,
    drift: { newColumns, missingOptional, reordered },
    checks,
  }
}

/** Rows with each number in one form: a decimal without closing zeros, a double as JavaScript prints it. */
function printed(rows: readonly Row[], { columns, derived }: Contract): readonly Row[] {
  const types = new Map([...columns, ...derived].map(({ name, type }) => [name, type]))
  const one = (text: string | null, type: string | undefined): string | null => {
    if (text === null) return null
    if (type === 'numeric') return text.includes('.') ? text.replace(/\.?0+$/, '') : text
    return type === 'float64' ? String(Number(text) + 0) : text
  }
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, one(value, types.get(name))])),
  )
}

/** BigQuery's types of the columns of a part. */
export function typesOf({ columns, derived }: Contract): Readonly<Record<string, string>> {
  return Object.fromEntries([...columns, ...derived].map((column) => [column.name, bigqueryType(column)]))
}
