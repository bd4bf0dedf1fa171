import type { ColumnType, Contract } from '../../contract/contract.ts'
import { countColumn } from '../parquet/count-column.ts'
import { footerBytes, readFooter, storedColumns } from '../parquet/footer.ts'
import { factsOf } from './count-values.ts'
import { type ProfiledSlice, profileOf } from './facts.ts'
import { type Profile, profiledColumns } from './profiles.ts'
import { unitText } from './unit-text.ts'

/**
 * The profiles of a part of few rows, from the pages of its file. One statement of all facts has about 250 aggregates: planning
 * them takes five times as long as counting the values.
 */
export function countedProfiles(contract: Contract, part: Buffer, slice: ProfiledSlice): readonly Profile[] {
  const footer = readFooter(part.subarray(part.length - 8 - footerBytes(part.subarray(-8)), -8))
  const stored = new Map(storedColumns(footer).map((column) => [column.name, column] as const))
  return profiledColumns(contract).map((column) => {
    const found = stored.get(column.name)
    if (!found) throw new TypeError(`a part without the column ${column.name}`)
    const chunks = footer.rowGroups.flatMap(({ columns }) => columns.filter(({ name }) => name === column.name))
    const counted = countColumn(part, found, chunks)
    return profileOf(
      column,
      factsOf(column, counted, { scale: found.scale, text: textOf(column.type, found.scale) }),
      slice,
    )
  })
}

const textOf = (type: ColumnType, scale: number) => (value: number | bigint) => unitText(type, value, scale)
