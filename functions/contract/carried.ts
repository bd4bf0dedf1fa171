import { windowText } from '../sql/window-literal.ts'
import type { Contract } from './contract.ts'

/** Column of a restaurant's tables that names the location. The only place where this name is written. */
export const LOCATION_ID = 'location_id'

/** Column of a restaurant's tables that names the business date. The only place where this name is written. */
export const BUSINESS_DATE = 'business_date'

/** A column whose value is the same in every row of a slice. */
export interface CarriedColumn {
  readonly name: string
  readonly type: 'string' | 'date' | 'datetime'
  readonly description: string
}

/** A carried column with its value for one slice. */
export interface Constant extends CarriedColumn {
  readonly value: string
}

/** The shard and the window whose values a slice's rows carry. */
interface SliceValues {
  readonly shard: string
  readonly window: string
}

type Carrying = Pick<Contract, 'carries'>

const SHARD: CarriedColumn = {
  name: LOCATION_ID,
  type: 'string',
  description: 'Export id of the location: the folder the file came from.',
}
const WINDOW: CarriedColumn = {
  name: BUSINESS_DATE,
  type: 'date',
  description: 'Business date of the location: the name of the day folder.',
}

/** Names in the rejects of a stream whose rows do not carry the shard or the window. */
const UNNAMED = { shard: 'shard', window: 'window_date' }

/** Column that names the shard of a row; null where rows carry none. */
export function shardColumn({ carries }: Carrying): CarriedColumn | null {
  if (carries === undefined) return SHARD
  if (carries.shard === undefined) return null
  return { name: carries.shard, type: 'string', description: 'Shard that the row came from.' }
}

/** Column that names the window of a row; null where rows carry none. */
export function windowColumn({ carries }: Carrying): CarriedColumn | null {
  if (carries === undefined) return WINDOW
  if (carries.hour !== undefined)
    return {
      name: carries.hour,
      type: 'datetime',
      description: 'Hour that the row was delivered for, by the clock of the pipeline.',
    }
  if (carries.window === undefined) return null
  return { name: carries.window, type: 'date', description: 'Date that the row was delivered for.' }
}

/** Columns that every row of a stream carries, in the order of the table. */
export function carriedColumns(contract: Carrying): readonly CarriedColumn[] {
  return [shardColumn(contract), windowColumn(contract)].filter((column) => column !== null)
}

const RESTAURANT = { shard: LOCATION_ID, window: BUSINESS_DATE }

/** The same contract, for shards that are no restaurants: its columns keep their names, and no closeout hour is known. */
export function withoutRestaurant(contract: Contract): Contract {
  return { ...contract, carries: contract.carries ?? RESTAURANT }
}

/** Columns that say in a reject which slice it is from. Rejects always have both, also where rows carry none. */
export function rejectedColumns(contract: Carrying): readonly [CarriedColumn, CarriedColumn] {
  const { shard = UNNAMED.shard, window = UNNAMED.window } = contract.carries ?? RESTAURANT
  const hour = contract.carries?.hour
  const isRestaurant = contract.carries === undefined
  return [
    { name: shard, type: 'string', description: isRestaurant ? 'Export id of the location.' : 'Shard of the file.' },
    hour === undefined
      ? { name: window, type: 'date', description: isRestaurant ? 'Business date of the file.' : 'Window of the file.' }
      : { name: hour, type: 'datetime', description: 'Window of the file.' },
  ]
}

/** The carried columns with their values for one slice: what a transform writes into every row. */
export function constantsOf(contract: Carrying, slice: SliceValues): readonly Constant[] {
  const [shard, window] = [shardColumn(contract), windowColumn(contract)]
  return [
    ...(shard ? [{ ...shard, value: slice.shard }] : []),
    ...(window ? [{ ...window, value: windowText(slice.window) }] : []),
  ]
}

/** The same for the rejects of the slice. */
export function rejectConstantsOf(contract: Carrying, { shard, window }: SliceValues): readonly Constant[] {
  const [first, second] = rejectedColumns(contract)
  return [
    { ...first, value: shard },
    { ...second, value: windowText(window) },
  ]
}

/** Column that a load replaces by the value of its window; null where a load replaces the whole table. */
export function partitionColumn(contract: Pick<Contract, 'carries' | 'table'>): string | null {
  return contract.table.partitionBy ?? windowColumn(contract)?.name ?? null
}
