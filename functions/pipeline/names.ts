import { isPattern, matchesFile } from '../contract/file-name.ts'
import { PROFILES_VERSION } from '../engine/profiles/profiles.ts'
import type { PartObject, SliceKey } from './entities.ts'

/** The stream under which the profiles of all streams are loaded. */
export const PROFILES = 'profiles'

/** Identity of the content of a part. */
export interface PartVersion {
  readonly sha256: string
  readonly contract: string
  readonly engine: string
}

/** Name of a raw object: the same bytes of the same file have the same name. */
export function rawName({ pipeline, shard, window }: SliceKey, file: string, sha256: string): string {
  return `raw/${pipeline}/${shard}/${window}/${file}/${sha256}`
}

/** Name that the file of a raw object had at the source. */
export function rawFileName(object: string): string {
  return object.split('/')[4] ?? ''
}

/** The name that a contract's file has at the source, for rows to say: of a pattern the name that was archived. */
export function sourceName(file: string, object: string): string {
  const archived = rawFileName(object)
  return isPattern(file) && matchesFile(file, archived) ? archived : file
}

/** Name of a downloaded file of several days: kept whole, next to the days that were cut out of it. */
export function downloadName(
  { pipeline, shard }: Pick<SliceKey, 'pipeline' | 'shard'>,
  file: string,
  sha256: string,
): string {
  return `raw/${pipeline}/${shard}/downloads/${file}/${sha256}`
}

/** Names of the objects that a raw object becomes under one contract version. */
interface MadeNames {
  /** Parquet of the slice. */
  readonly part: string
  /** A part of the stream `rejects`. */
  readonly rejects: string
  /** A part of the stream `profiles`. Other profiles of the same part have another name. */
  readonly profiles: string
  /** Counts, totals and checks. Written last, so it says that the parts are complete. */
  readonly record: string
}

/** Names of what a transform makes of a slice: they follow from the slice and the version of its content alone. */
export function madeNames({ pipeline, stream, window, shard }: SliceKey, version: PartVersion): MadeNames {
  const { sha256, contract, engine } = version
  const text = `${sha256}-${contract}-${engine}`
  return {
    part: `parts/${pipeline}/${stream}/${window}/${shard}/${text}.parquet`,
    rejects: `parts/${pipeline}/rejects/${window}/${shard}/${stream}-${text}.parquet`,
    profiles: `parts/${pipeline}/${PROFILES}/${window}/${shard}/${stream}-${text}-${PROFILES_VERSION}.parquet`,
    record: `parts/${pipeline}/${stream}/${window}/${shard}/${text}.json`,
  }
}

/** A part as slices, manifests and records list it. Always in this order, so that equal ones have equal bytes. */
export function barePart({ object, rows, bytes, sha256 }: PartObject): PartObject {
  return { object, rows, bytes, ...(sha256 !== undefined && { sha256 }) }
}
