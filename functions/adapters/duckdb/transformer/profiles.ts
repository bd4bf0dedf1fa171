import type { Constant } from '../../../contract/carried.ts'
import { PARQUET_OPTIONS } from '../../../engine/duckdb/compile.ts'
import { PROFILE_COLUMNS, type Profile, profileColumns } from '../../../engine/profiles/profiles.ts'
import { duckdbType } from '../../../sql/dialects/duckdb/column-type.ts'
import { quoteIdentifier, quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import type { Lane } from './lanes.ts'

interface ProfilesRequest {
  readonly profiles: readonly Profile[]
  /** Columns that every profile carries. */
  readonly constants: readonly Constant[]
  readonly output: string
}

/** Writes profiles as Parquet, in the order of the columns. */
export async function writeProfiles(
  { connection }: Lane,
  { profiles, constants, output }: ProfilesRequest,
): Promise<void> {
  const columns = profileColumns(constants)
  const names = columns.map(({ name }) => quoteIdentifier(name))
  const rows = profiles.map((profile) => {
    const values = [...constants.map(({ value }) => value), ...PROFILE_COLUMNS.map(({ name }) => profile[name])]
    return `(${values.map((value) => (value === null ? 'NULL' : quoteString(String(value)))).join(', ')})`
  })
  const typed = columns.map((column, at) => `CAST(${names[at]} AS ${duckdbType(column)}) AS ${names[at]}`)
  const source = `(VALUES ${rows.join(', ')}) AS given(${names.join(', ')})`
  await connection.run(
    `COPY (SELECT ${typed.join(', ')} FROM ${source}) TO ${quoteString(output)} (${PARQUET_OPTIONS})`,
  )
}
