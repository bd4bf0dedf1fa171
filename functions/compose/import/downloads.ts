import { basename, join } from 'node:path'
import type { Cut } from '../../adapters/folder/cuts.ts'
import { fileOf } from '../../contract/contract.ts'
import { isPattern } from '../../contract/file-name.ts'
import { DaybreakError } from '../../errors.ts'
import { toFolderName } from '../../lib/business-date.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import type { RunScope } from '../../pipeline/entities.ts'
import { downloadName } from '../../pipeline/names.ts'
import type { Ports } from '../../pipeline/ports.ts'
import { chooseDays, type DayCandidate, type LeftOut, loadedDays } from '../../pipeline/work/downloads.ts'
import { type Taken, takeFile } from './take.ts'

/** Folder that stands for the root of the source while downloads are imported. */
export const DOWNLOADS_ROOT = '/downloads'

/** Downloaded files of one location of a pipeline. */
interface Downloads {
  readonly files: readonly string[]
  readonly definition: PipelineDefinition
  readonly location: string
}

/** Downloaded files, taken apart into business dates. */
export interface TakenDownloads {
  readonly taken: readonly Taken[]
  /** The days that are to be brought in. */
  readonly chosen: readonly DayCandidate[]
  /** Days that something newer or larger stands for. */
  readonly left: readonly LeftOut[]
  /** The chosen days as files of a source below `DOWNLOADS_ROOT`. */
  readonly cuts: readonly Cut[]
  readonly scope: Required<Pick<RunScope, 'perShard' | 'shards'>>
}

/** The location of downloads that name none. @throws {DaybreakError} USAGE_INVALID when the pipeline has several. */
export function onlyLocation({ shards }: Pick<PipelineDefinition, 'shards'>, files: readonly string[]): string {
  const [only, second] = shards
  if (only && !second) return only.id
  const example = `daybreak import ${files.length === 1 ? 'FILE' : 'FOLDER'} --location 1 --time-zone America/New_York`
  throw new DaybreakError('USAGE_INVALID', 'downloaded files do not say which location they are of; name it', {
    details: { next: example },
  })
}

/** Splits downloads by business date into files below `scratch`, and chooses the days that are newer than what is loaded. */
export async function takeDownloads(
  { files, definition, location: id }: Downloads,
  scratch: string,
  { ledger }: Pick<Ports, 'ledger'>,
): Promise<TakenDownloads> {
  const config = definition.shards.find((shard) => shard.id === id)
  const closeoutHour = config?.closeoutHour ?? null
  if (!config || closeoutHour === null) throw new DaybreakError('LOCATION_UNKNOWN', `location ${id} is not known`)
  const location = { ...config, closeoutHour }
  const taken: Taken[] = []
  // One at a time: an unpacked file is deleted before the next.
  for (const file of files) taken.push(...(await takeFile(file, { definition, location, scratch })))
  const days = taken.flatMap((each) => ('refused' in each ? [] : each.days))
  const { chosen, left } = chooseDays(days, await loadedDays({ pipeline: definition.name, shard: id, days }, ledger))
  const windows = [...new Set(chosen.map(({ date }) => date))].toSorted()
  const cuts = days.filter((day) => chosen.includes(day)).map((day) => toCut(day, definition, id))
  return { taken, chosen, left, cuts, scope: { perShard: [{ shard: id, windows }], shards: [id] } }
}

/** Stores the files as they were downloaded. */
export async function archiveDownloads(
  taken: readonly Taken[],
  { definition, location }: Pick<Downloads, 'definition' | 'location'>,
  { objects }: Pick<Ports, 'objects'>,
): Promise<void> {
  for (const each of taken) {
    if ('refused' in each) continue
    const own = nameIn(fileOf(each.contract), each.file)
    const ending = /\.(zip|gz)$/i.exec(each.given)?.[0].toLowerCase()
    const file = ending === '.zip' ? 'archive.zip' : `${own}${ending ?? ''}`
    const name = downloadName({ pipeline: definition.name, shard: location }, file, each.sha256)
    await objects.put(name, { path: each.given })
  }
}

function toCut(day: DayCandidate, { contracts }: PipelineDefinition, location: string): Cut {
  const { file, stream, date, bytes, modifiedAt, local } = day
  const name = nameIn(contracts.get(stream)?.file, file)
  return {
    folder: join(DOWNLOADS_ROOT, location, toFolderName(date)),
    file: { path: `${file}#${date}`, name, bytes, modifiedAt },
    local,
  }
}

/** The name under which the nightly file would arrive: of a pattern that of the download. */
function nameIn(file: string | undefined, download: string): string {
  return file === undefined || isPattern(file) ? basename(download) : file
}

/** The error of an import that takes no day: the first files with their reasons. */
export function nothingTaken(taken: readonly Taken[]): DaybreakError {
  const reasons = taken.map(
    (each) => `${basename(each.file)}: ${'refused' in each ? each.refused : 'no day can be taken'}`,
  )
  const more = reasons.length > 5 ? `; and ${reasons.length - 5} more` : ''
  const message = `nothing to import in ${taken.length} files: ${reasons.slice(0, 5).join('; ')}${more}`
  return new DaybreakError('NOT_FOUND', message)
}
