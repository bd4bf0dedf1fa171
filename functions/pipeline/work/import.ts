import { DaybreakError } from '../../errors.ts'
import { fromFolderName } from '../../lib/business-date.ts'
import { quoteName } from '../../lib/plain-name.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, ImportedLocation } from '../entities.ts'
import type { Ledger, Source } from '../ports.ts'

const NAMED = 5

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

/** Locations and dates of a tree that an import takes; an empty list takes all. */
interface TreeScope {
  readonly locations: readonly string[]
  readonly dates: readonly BusinessDate[]
}

/** A location or date that was asked for, and those that the tree has instead. */
interface Stray {
  readonly member: 'location' | 'date'
  readonly value: string
  readonly found: readonly string[]
}

/** The first location or date that was asked for and that the tree does not have; null when it has all of them. */
export function strayOf(days: Tree['days'], { locations, dates }: TreeScope): Stray | null {
  const known = { location: days.map(({ location }) => location), date: [...new Set(days.flatMap((day) => day.dates))] }
  const asked = [
    ...locations.map((value) => ['location', value] as const),
    ...dates.map((value) => ['date', value] as const),
  ]
  const stray = asked.find(([member, value]) => !known[member].includes(value))
  return stray ? { member: stray[0], value: stray[1], found: known[stray[0]] } : null
}

/** The days of a tree that are in the scope. */
export function daysWithin(days: Tree['days'], { locations, dates }: TreeScope): Tree['days'] {
  return days
    .filter(({ location }) => locations.length === 0 || locations.includes(location))
    .map((day) => ({ ...day, dates: day.dates.filter((date) => dates.length === 0 || dates.includes(date)) }))
    .filter((day) => day.dates.length > 0)
}

/**
 * Looks at the newest run of a pipeline, an import of these days.
 * @throws {DaybreakError} NOT_FOUND when no contract reads a file of the folders.
 */
export async function expectRead(
  definition: PipelineDefinition,
  days: Tree['days'],
  ledger: Pick<Ledger, 'runs' | 'keptFiles'>,
): Promise<void> {
  const [run] = await ledger.runs({ pipeline: definition.name, limit: 1 })
  if (run?.trigger !== 'import' || run.state !== 'skipped') return
  const dates = [...new Set(days.flatMap((day) => day.dates))]
  const locations = days.map(({ location }) => location)
  const kept = await ledger.keptFiles({ pipeline: definition.name, shards: locations, windows: dates, limit: 100 })
  const found = [...new Set(kept.map(({ source }) => quoteName(source.name)))].slice(0, NAMED)
  const what = found.length === 0 ? 'the folders hold no files' : `found ${found.join(', ')}`
  const wanted = [...definition.contracts.values()].map(({ file }) => file).join(', ')
  throw new DaybreakError('NOT_FOUND', `no file was one that a contract reads: ${what}; expected ${wanted}`)
}

/** Facts of an import about locations that the configuration does not know. */
export interface GuestZone {
  readonly timeZone: string | null
  readonly closeoutHour: number | null
}

/**
 * The imported locations to record before a run: those that are new, and those that are known with another zone or closeout
 * hour than was asked for. Configured ones are as the configuration says.
 * @throws {DaybreakError} LOCATION_UNKNOWN when one needs a time zone and none is given.
 */
export function guestsOf(
  definition: PipelineDefinition,
  ids: readonly string[],
  { timeZone, closeoutHour }: GuestZone,
): readonly Omit<ImportedLocation, 'at'>[] {
  const unknown = ids.filter((id) => !definition.shards.some((location) => location.id === id))
  if (unknown.length > 0 && timeZone === null) {
    const example = `daybreak locations add ${unknown[0]} --time-zone America/New_York`
    throw new DaybreakError(
      'LOCATION_UNKNOWN',
      `no time zone is known of ${unknown.join(', ')}; give it with --time-zone, e.g. --time-zone America/New_York`,
      { details: { next: example } },
    )
  }
  return ids.flatMap((id) => {
    const known = definition.shards.find((location) => location.id === id)
    if (known && known.delivery !== 'import') return []
    const zone = timeZone ?? known?.timeZone ?? 'UTC'
    const hour = closeoutHour ?? known?.closeoutHour ?? 4
    if (known?.timeZone === zone && known.closeoutHour === hour) return []
    return [{ pipeline: definition.name, id, timeZone: zone, closeoutHour: hour }]
  })
}
