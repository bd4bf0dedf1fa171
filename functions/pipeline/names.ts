import { isPattern, matchesFile } from '../contract/file-name.ts'
import { PROFILES_VERSION } from '../engine/profiles/profiles.ts'
import type { SliceKey } from './entities.ts'

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

/** Name of the Parquet of a slice. */
export function partName({ pipeline, stream, window, shard }: SliceKey, version: PartVersion): string {
  return `parts/${pipeline}/${stream}/${window}/${shard}/${versionText(version)}.parquet`
}

/** Name of the rejects of a slice: a part of the stream `rejects`. */
export function rejectsName({ pipeline, stream, window, shard }: SliceKey, version: PartVersion): string {
  return `parts/${pipeline}/rejects/${window}/${shard}/${stream}-${versionText(version)}.parquet`
}

/** Name of the profiles of a slice: a part of the stream `profiles`. Other profiles of the same part have another name. */
export function profilesName({ pipeline, stream, window, shard }: SliceKey, version: PartVersion): string {
  return `parts/${pipeline}/${PROFILES}/${window}/${shard}/${stream}-${versionText(version)}-${PROFILES_VERSION}.parquet`
}

/** Name of the record of a transform: counts, totals and checks. Written last, so it says that the parts are complete. */
export function recordName({ pipeline, stream, window, shard }: SliceKey, version: PartVersion): string {
  return `parts/${pipeline}/${stream}/${window}/${shard}/${versionText(version)}.json`
}

function versionText({ sha256, contract, engine }: PartVersion): string {
  return `${sha256}-${contract}-${engine}`
}
