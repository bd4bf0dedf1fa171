import type { FilesPipeline } from '../../config/config.ts'
import { DaybreakError } from '../../errors.ts'
import { quoteName } from '../../lib/plain-name.ts'
import type { RunScope } from '../entities.ts'
import { type Layout, type NamedPlace, readPath } from '../read/path-pattern.ts'

/** Files of this disk that the path of a pipeline fits, and the folder that stands for the root of its source. */
interface PlacedFiles {
  readonly root: string
  readonly places: readonly NamedPlace[]
}

const NAMED = 5

/**
 * Reads shard and window of files from the ends of their paths; files of another layout are left out.
 * @throws {DaybreakError} NOT_FOUND where no file fits, USAGE_INVALID where those that fit lie below several folders.
 */
export function placeFiles(
  found: readonly string[],
  {
    pipeline,
    path,
    schedule,
  }: Pick<FilesPipeline, 'pipeline' | 'path'> & { readonly schedule: Pick<FilesPipeline['schedule'], 'cut'> },
  files: readonly string[],
): PlacedFiles {
  const layout = { path, files, cut: schedule.cut }
  const placed = found.flatMap((file) => placeOf(file, layout))
  const [first] = placed
  if (!first) {
    const some = found.slice(0, NAMED).map((file) => quoteName(file))
    const what = found.length === 0 ? 'the folders hold no files' : `found ${some.join(', ')}`
    throw new DaybreakError('NOT_FOUND', `no file is one that ${pipeline} reads: ${what}; expected ${path}`)
  }
  const other = placed.find(({ root }) => root !== first.root)
  if (!other) return { root: first.root, places: placed.map(({ place }) => place) }
  const message = `the files lie below several folders, ${first.root} and ${other.root}; import one at a time`
  throw new DaybreakError('USAGE_INVALID', message)
}

function placeOf(file: string, layout: Layout) {
  const names = file.split('/')
  const depth = layout.path.split('/').length
  const place = readPath(names.slice(-depth).join('/'), layout)
  return place ? [{ place, root: names.slice(0, -depth).join('/') || '/' }] : []
}

/** The windows of each shard that the files are of, narrowed to what was asked for. @throws {DaybreakError} NOT_FOUND where none is left. */
export function scopeOfFiles(
  places: readonly NamedPlace[],
  { shards: ofShards, windows: ofWindows }: Pick<RunScope, 'shards' | 'windows'>,
): Required<Pick<RunScope, 'perShard' | 'shards'>> {
  const asked = places.filter(
    ({ shard, window }) => (ofShards?.includes(shard) ?? true) && (ofWindows?.includes(window) ?? true),
  )
  if (asked.length === 0) throw new DaybreakError('NOT_FOUND', 'the flags name none of the files')
  const perShard = [...Map.groupBy(asked, ({ shard }) => shard)].map(([shard, own]) => ({
    shard,
    windows: [...new Set(own.map(({ window }) => window))].toSorted(),
  }))
  return { perShard, shards: perShard.map(({ shard }) => shard) }
}
