import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { folded } from '../../functions/pipeline/tables/map-columns.ts'
import type { DiscoveredTable, SourceColumn } from '../../functions/pipeline/tables/ports.ts'
import { VALUE_TYPES } from '../../functions/sql/value.ts'
import type { ChosenConnection } from './connection.ts'
import { pairsFor } from './flags.ts'
import type { Conversion, StreamAnswers } from './render.ts'
import type { Session } from './session.ts'
import { type ChosenTable, describeTarget } from './tables.ts'

/** Both sides of a pipeline, and its tables. */
export interface Sides {
  readonly pipeline: string
  readonly source: ChosenConnection
  readonly destination: ChosenConnection
  readonly tables: readonly ChosenTable[]
}

type Mapping = Pick<StreamAnswers, 'columns' | 'ignore' | 'create'>

/** Settles what the names of the columns leave open: a table that is there may have others. */
export async function settleMapping(
  { stream, table }: ChosenTable,
  into: string | null,
  sides: Sides,
  session: Session,
): Promise<Mapping> {
  const given = session.given()
  const place = { stream, isOnly: sides.tables.length === 1 }
  const maps = pairsFor(place, given.map)
  const ignored = pairsFor(place, given.ignore).map(([name]) => name)
  const columns: Record<string, Partial<Conversion> & { readonly from?: string }> = {}
  for (const [name, from] of maps) columns[name] = { from: columnOf(table, from, '--map').name }
  for (const [name, type] of pairsFor(place, given.convert)) columns[name] = { ...columns[name], ...conversionOf(type) }
  const found = await describeTarget(sides.destination, { pipeline: sides.pipeline, stream, into }, session)
  const create = given.create ?? 'table'
  const mapping = { columns, ignore: ignored.map((name) => columnOf(table, name, '--ignore').name), create }
  return found === null ? mapping : await settleTarget({ stream, table, found, isOnly: place.isOnly }, mapping, session)
}

interface Meeting {
  readonly stream: string
  readonly table: DiscoveredTable
  /** The table at the destination. */
  readonly found: DiscoveredTable
  readonly isOnly: boolean
}

async function settleTarget(
  { stream, table, found, isOnly }: Meeting,
  { columns: before, ignore, create }: Mapping,
  session: Session,
): Promise<Mapping> {
  const columns = { ...before }
  const visible = table.columns.filter(({ name, isHidden }) => isHidden !== true && !ignore.includes(name))
  const isTaken = (name: string) => Object.values(columns).some(({ from }) => from === name)
  for (const { name } of found.columns) {
    if (visible.some((own) => own.name === name) || name in columns) continue
    const alike = visible.filter((own) => folded(own.name) === folded(name) && !isTaken(own.name))
    // Names that differ in case, blanks and accents alone are the same column.
    if (alike.length === 1 && alike[0] !== undefined) columns[name] = { from: alike[0].name }
  }
  const names = new Set(found.columns.map(({ name }) => name))
  const lost = visible.filter(({ name }) => !names.has(name) && !isTaken(name))
  session.ask.say(
    `${stream}   ${visible.length - lost.length} of ${visible.length} columns are in the table that is there`,
  )
  if (lost.length === 0 || create === 'columns') return { columns, ignore, create }
  const all = lost.map(({ name }) => name)
  const answer = await session.ask.choose({
    flag: `--create columns, or --ignore ${all.join(',')}`,
    message: `${stream}: the table that is there has no ${all.join(', ')}`,
    choices: [
      { value: 'columns', label: 'Add them to it' },
      { value: 'ignore', label: 'Leave them out' },
    ],
  })
  if (answer === 'columns') {
    await session.set('create', 'columns')
    return { columns, ignore, create: 'columns' }
  }
  const own = isOnly ? all : all.map((name) => `${stream}.${name}`)
  await session.set('ignore', [...(session.given().ignore ?? []), ...own])
  return { columns, ignore: [...ignore, ...all], create }
}

function conversionOf(text: string): Conversion {
  const [type = '', precision, scale] = text.split(':')
  const known = VALUE_TYPES.find((each) => each === type)
  if (known === undefined)
    throw new DaybreakError(
      'USAGE_INVALID',
      `--convert has the type "${type}"; expected one of ${VALUE_TYPES.join(', ')}.${didYouMean(type, VALUE_TYPES)}`,
    )
  return {
    type: known,
    ...(precision !== undefined && { precision: Number(precision) }),
    ...(scale !== undefined && { scale: Number(scale) }),
  }
}

/** A column of a table by its name. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function columnOf(table: DiscoveredTable, name: string, flag: string): SourceColumn {
  const found = table.columns.find((column) => column.name === name)
  if (found) return found
  const names = table.columns.map((column) => column.name)
  throw new DaybreakError(
    'USAGE_INVALID',
    `${flag} names ${JSON.stringify(name)}, which ${table.name} does not have; expected one of ${names.join(', ')}.${didYouMean(name, names)}`,
  )
}
