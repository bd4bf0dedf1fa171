import type { LocationConfig } from '../config/config.ts'
import { DaybreakError } from '../errors.ts'
import { fromFolderName } from '../lib/business-date.ts'
import type { BusinessDate } from './model.ts'
import type { Source } from './ports.ts'

/** Locations and business dates for which a tree of exports has folders. */
export interface Tree {
  readonly days: readonly { readonly location: string; readonly dates: readonly BusinessDate[] }[]
  /** Folders that are neither, as they were found; ignored, but told. */
  readonly ignored: readonly string[]
}

/** Finds `<exportId>/<YYYYMMDD>/` below the root of a source. @throws {DaybreakError} NOT_FOUND when there is none. */
export async function discover(source: Source, root: string): Promise<Tree> {
  const folders = await source.listFolders(root)
  if (folders === null) throw new DaybreakError('NOT_FOUND', `the folder ${JSON.stringify(root)} does not exist`)
  const locations = folders.filter((name) => /^\d{1,20}$/.test(name))
  const ignored = folders.filter((name) => !locations.includes(name))
  const days: { location: string; dates: BusinessDate[] }[] = []
  for (const location of locations) {
    const names = (await source.listFolders(`${root.replace(/\/$/, '')}/${location}`)) ?? []
    const dates = names.map(fromFolderName).filter((date) => date !== null)
    ignored.push(...names.filter((name) => fromFolderName(name) === null).map((name) => `${location}/${name}`))
    if (dates.length > 0) days.push({ location, dates: dates.sort() })
  }
  if (days.length === 0) {
    const some = folders.slice(0, 5).map((name) => JSON.stringify(name))
    const found = folders.length === 0 ? 'it is empty' : `found ${some.join(', ')}`
    throw new DaybreakError('NOT_FOUND', `no folders <exportId>/<YYYYMMDD>/ below ${JSON.stringify(root)}: ${found}`)
  }
  return { days, ignored }
}

/**
 * The configured locations with the time zone for the others: `import` may bring in a location that the configuration
 * does not know. @throws {DaybreakError} LOCATION_UNKNOWN when one needs a time zone and none is given.
 */
export function withGuests(
  known: readonly LocationConfig[],
  ids: readonly string[],
  { timeZone, pipeline }: { timeZone: string | null; pipeline: string },
): readonly LocationConfig[] {
  const unknown = ids.filter((id) => !known.some((location) => location.id === id))
  if (unknown.length > 0 && timeZone === null) {
    throw new DaybreakError(
      'LOCATION_UNKNOWN',
      `config/locations.yaml does not have ${unknown.join(', ')}; add them, or say --time-zone America/New_York (their IANA zone)`,
    )
  }
  const guests = unknown.map((id) => ({
    id,
    name: id,
    time_zone: timeZone ?? 'UTC',
    closeout_hour: 4,
    pipelines: [pipeline],
    closed: [],
    streams_off: [],
  }))
  return [...known, ...guests]
}
