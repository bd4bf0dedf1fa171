import type { PartColumn } from '../../pipeline/tables/ports.ts'

/** The file, scratch folders, and the maker of CSV from parts. */
export interface DestinationOptions {
  readonly path: string
  readonly toCsv: (parts: readonly string[], columns: readonly PartColumn[], path: string) => Promise<void>
  readonly withScratch: <Result>(work: (folder: string) => Promise<Result>) => Promise<Result>
}
