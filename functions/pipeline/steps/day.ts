import type { Contract } from '../../contract/contract.ts'
import type { DaybreakError } from '../../errors.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, Instant, Run, RunSlice } from '../entities.ts'
import type { Readiness } from '../plan/planner.ts'
import type { ShardConfig } from '../shard.ts'
import type { Words } from '../slice-words.ts'
import type { SourceSession } from './extract.ts'

/** One day of one location in the hands of a run: the context of every step. */
export interface Day {
  readonly definition: PipelineDefinition
  readonly shard: ShardConfig
  readonly window: BusinessDate
  readonly readiness: Readiness
  /** True for a day on which the location has no files. */
  readonly isClosed: boolean
  /** Those that read files of the location, in the pipeline's order. */
  readonly contracts: readonly Contract[]
  /** Nouns of the pipeline. */
  readonly words: Words
  readonly run: Run
  /** True for the second look of the run: a file that waited is read now, or waits for another run. */
  readonly again: boolean
  readonly session: SourceSession
  /** Folder for files of this attempt. */
  readonly scratch: string
  readonly signal?: AbortSignal | undefined
}

/** Result of the work on one day of one location. */
export interface DayResult {
  readonly window: BusinessDate
  readonly runSlices: readonly RunSlice[]
  /** A failure that another delivery of the message may survive. The work that could be done is done and recorded. */
  readonly failure: DaybreakError | null
  /** Set when files were found that were not seen to stand still: nothing was read, and a second look is due then. */
  readonly lookAgainAt: Instant | null
}
