import type { Constant } from '../../contract/carried.ts'
import { parquetOf } from '../parquet/write.ts'
import { PROFILE_COLUMNS, type Profile } from './profiles.ts'

/** Profiles as Parquet, behind the columns that every profile carries. The bytes are the same on every machine. */
export function profilesParquet(profiles: readonly Profile[], constants: readonly Constant[]): Buffer {
  return parquetOf([
    ...constants.map(({ name, type, value }) => ({ name, type, values: profiles.map(() => value) })),
    ...PROFILE_COLUMNS.map(({ name, type }) => ({ name, type, values: profiles.map((profile) => profile[name]) })),
  ])
}
