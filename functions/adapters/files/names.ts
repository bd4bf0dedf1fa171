import type { Strategy } from '../../sql/write.ts'
import { formatOf } from './select.ts'

/** Name and ending of the file that a table is written to; Parquet where the name says no format. */
function partsOf(into: string): { readonly stem: string; readonly ending: string } {
  if (formatOf(into) === null) return { stem: into, ending: '.parquet' }
  const ending = /\.\w+(?:\.gz)?$/i.exec(into)?.[0] ?? ''
  return { stem: into.slice(0, -ending.length), ending }
}

/** The file of a window: the table itself where it is replaced, else one file a window in a folder of the table. */
export function fileOf(into: string, strategy: Strategy, window: string): string {
  const { stem, ending } = partsOf(into)
  return strategy === 'replace' ? `${stem}${ending}` : `${stem}/${window}${ending}`
}

/** The files of a table as a pattern. */
export function patternOf(into: string, strategy: Strategy): string {
  return fileOf(into, strategy, '*')
}
