import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Temporal } from 'temporal-polyfill'
import { DaybreakError } from '../functions/errors.ts'
import type { BusinessDate, Instant, Location } from '../functions/pipeline/entities.ts'
import { generateFaultyNight, type PlantedFault, type Wave } from './faults/night.ts'
import { type PlannedFault, planFaults } from './faults/plan.ts'
import type { MockFile } from './file.ts'
import { paidDate } from './pre-orders.ts'
import type { ProfileName } from './profiles.ts'

/** Folder, nights and faults to write. */
export interface TreeOptions {
  /** Folder that plays the root of the server. */
  readonly out: string
  readonly locations: readonly Location[]
  readonly startDate: BusinessDate
  readonly days: number
  readonly seed: number
  /** `name` or `name@<location>/<date>[/<stream>]`. Default: none. */
  readonly faults?: readonly string[]
  /** Default: `restaurant`. */
  readonly profile?: ProfileName
  /** Multiplies the number of orders. Default: 1. */
  readonly scale?: number
  /** No file is written with a later time: a server shows none. Default: no limit. */
  readonly latest?: Instant
  /** Nights without guests: header-only files. */
  readonly closed?: readonly { readonly location: string; readonly date: BusinessDate }[]
}

/** A tree of exports before any of it is written: what is where, and what is wrong with it. */
export interface MockTree extends TreeOptions {
  /** Business dates, oldest first. */
  readonly dates: readonly BusinessDate[]
  readonly planned: readonly PlannedFault[]
}

/** File that was written. */
export interface WrittenFile {
  /** Path below `out`, with `/`. */
  readonly path: string
  readonly location: string
  readonly date: BusinessDate
  readonly name: string
  readonly bytes: number
  readonly modifiedAt: Instant
}

/** Files of a night, and the faults planted in them. */
interface WrittenNight {
  readonly files: readonly WrittenFile[]
  readonly faults: readonly PlantedFault[]
}

/** Lays out a tree and finds a place for every fault. Pure. @throws {DaybreakError} USAGE_INVALID. */
export function planTree(options: TreeOptions): MockTree {
  const first = Temporal.PlainDate.from(options.startDate)
  const dates = Array.from({ length: options.days }, (_, index) => first.add({ days: index }).toString())
  const { seed, locations, faults = [], closed = [] } = options
  const outside = closed.find(
    ({ location, date }) => !dates.includes(date) || !locations.some(({ id }) => id === location),
  )
  if (outside) {
    const message = `The closed night ${outside.location}/${outside.date} is not in the tree; expected one of its locations and a date from ${dates[0]} to ${dates.at(-1)}`
    throw new DaybreakError('USAGE_INVALID', message)
  }
  return { ...options, dates, planned: planFaults({ seed, locations, dates, faults }) }
}

/** The whole tree in one wave, and `faults.json` next to it. */
export function writeTree(options: TreeOptions, wave: Wave = 1): WrittenNight {
  const tree = planTree(options)
  const nights = [...writeNights(tree, wave)]
  writeManifest(tree)
  return { files: nights.flatMap(({ files }) => files), faults: nights.flatMap(({ faults }) => faults) }
}

/** Writes night after night, oldest date first, so that a caller can tell how far it has come. */
export function* writeNights(tree: MockTree, wave: Wave): Generator<WrittenNight> {
  for (const date of tree.dates) {
    for (const location of tree.locations) yield writeNight(tree, { location: location.id, date, wave })
  }
}

/** Night of one location, and the wave that its files come with. */
interface TreeNight {
  readonly location: string
  readonly date: BusinessDate
  readonly wave: Wave
}

/**
 * Writes one night in one wave, alone: the same bytes and times as in the whole tree. Wave 2 holds only what comes
 * later, and is empty on most nights. @throws {DaybreakError} USAGE_INVALID for a location the tree does not have.
 */
export function writeNight(tree: MockTree, place: TreeNight): WrittenNight {
  const { files, faults } = generateTreeNight(tree, place)
  const folder = `${place.location}/${place.date.replaceAll('-', '')}`
  if (files.length > 0) mkdirSync(join(tree.out, folder), { recursive: true })
  const { location, date } = place
  return {
    files: files.map((file) => ({ ...writeFile(tree.out, folder, notAfter(file, tree.latest)), location, date })),
    faults,
  }
}

/** Writes `faults.json`: every fault of the tree, both waves, with the rows it touches. Outside any location's folder. */
export function writeManifest(tree: MockTree): readonly PlantedFault[] {
  const faults = plantedFaults(tree)
  mkdirSync(tree.out, { recursive: true })
  const manifest = { seed: tree.seed, start_date: tree.startDate, days: tree.days, faults }
  writeFileSync(join(tree.out, 'faults.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return faults
}

/** Every fault of the tree as it is planted, found without writing a file. */
function plantedFaults(tree: MockTree): PlantedFault[] {
  const nights = new Map(tree.planned.map(({ location, date }) => [`${location}/${date}`, { location, date }]))
  return [...nights.values()].flatMap((night) =>
    ([1, 2] as const).flatMap((wave) => generateTreeNight(tree, { ...night, wave }).faults),
  )
}

function generateTreeNight(tree: MockTree, { location: id, date, wave }: TreeNight) {
  const location = tree.locations.find((one) => one.id === id)
  if (!location) throw new DaybreakError('USAGE_INVALID', `The tree has no location ${JSON.stringify(id)}`)
  const planned = tree.planned.filter((plan) => plan.location === id && plan.date === date)
  if (wave === 2 && planned.length === 0) return { files: [], faults: [] }
  const { seed, profile = 'restaurant', scale = 1 } = tree
  const closed = tree.closed?.some((night) => night.location === id && night.date === date) ?? false
  const paidAhead = tree.planned
    .filter((plan) => plan.fault === 'pre_orders' && plan.location === id && paidDate(plan.date) === date)
    .map((plan) => plan.date)
  return generateFaultyNight({ seed, location, date, profile, scale, closed, paidAhead }, planned, wave)
}

function notAfter(file: MockFile, latest: Instant = file.modifiedAt): MockFile {
  return { ...file, modifiedAt: Math.min(file.modifiedAt, latest) }
}

function writeFile(out: string, folder: string, { name, bytes, modifiedAt }: MockFile) {
  const path = `${folder}/${name}`
  const target = join(out, path)
  writeFileSync(target, bytes)
  utimesSync(target, modifiedAt / 1000, modifiedAt / 1000)
  return { path, name, bytes: bytes.length, modifiedAt }
}
