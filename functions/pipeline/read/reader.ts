import type { BusinessDate } from '../entities.ts'
import type { FileListing, Source } from '../ports.ts'

/** One window of one shard. */
export interface Held {
  readonly shard: string
  readonly window: BusinessDate
}

/** Knows where the files of a shard and window lie at the source, and what they are called there. */
export interface ShardReader {
  /**
   * The files of a shard and window by the names that contracts have; null when their folder does not exist. `named` are the
   * names that a folder can be asked for, however many files it has.
   * @throws {DaybreakError} as `Source.listFiles`.
   */
  list(source: Source, held: Held, named: readonly string[]): Promise<FileListing | null>
  /** Where a file lies below the root of the source: what `_source_file` says. */
  placeOf(held: Held, name: string): string
}
