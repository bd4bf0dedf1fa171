import { DaybreakError } from '../../errors.ts'

/** The tables of one stream's rebuild, quoted: what is loaded, and what comes out where it is not written to a bucket. */
export interface RebuildTables {
  readonly records: string
  readonly files: string
  readonly rows: string
  readonly rejects: string
}

const DATASET = /^(?:[a-z][a-z0-9.:-]{4,62}[.])?[A-Za-z_][A-Za-z0-9_]{0,1023}$/

/** Names of the tables in a dataset, given as `dataset` or `project.dataset`. @throws {DaybreakError} USAGE_INVALID. */
export function rebuildTables(dataset: string, stream: string): RebuildTables {
  if (!DATASET.test(dataset))
    throw new DaybreakError('USAGE_INVALID', `${JSON.stringify(dataset)} is no dataset; expected project.dataset`)
  const table = (name: string): string => `\`${dataset}.${stream}_${name}\``
  return { records: table('records'), files: table('files'), rows: table('rows'), rejects: table('rejects') }
}
