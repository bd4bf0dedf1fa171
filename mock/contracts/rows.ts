import { partitionColumn, shardColumn } from '../../functions/contract/carried.ts'
import type { Column, Contract, CrossCheck } from '../../functions/contract/contract.ts'
import { createRandom, type Random } from '../random.ts'
import { addedColumns, formatted, timeRules } from './clock.ts'
import { sampleOf } from './pattern.ts'

/** A row of a file: column to text, empty where there is no value. */
export type MockRow = Readonly<Record<string, string>>

/** Rows of one day, by stream. */
export type MockDay = ReadonlyMap<string, readonly MockRow[]>

/** Inputs of a day. */
export interface MockPlan {
  /** Each comes after those that it refers to. */
  readonly contracts: readonly Contract[]
  readonly checks: readonly CrossCheck[]
  readonly seed: number
}

/** Rows of a stream that refers to nothing. */
const INDEPENDENT = 24
const HOUR = 3_600_000
/** Places of the numbers that are added up: money in tenths of a millionth. */
const UNITS = 10_000

/**
 * One day of every stream, from the contracts alone: keys are new, references lead to rows of the same day, times are in the
 * order that checks state, and sums that a check of the pipeline compares are equal. The same seed gives the same rows.
 */
export function mockDay(plan: MockPlan, date: string): MockDay {
  const day = new Map<string, readonly MockRow[]>()
  for (const contract of plan.contracts) {
    const random = createRandom(plan.seed, contract.stream, isTimeless(contract) ? '' : date)
    day.set(contract.stream, rowsOf({ contract, plan, date, day, random }))
  }
  return day
}

/** Everything that a stream's rows follow from. */
interface Making {
  readonly contract: Contract
  readonly plan: MockPlan
  readonly date: string
  readonly day: MockDay
  readonly random: Random
}

/** A list of things that have no time is the same every day. */
const isTimeless = ({ columns }: Contract): boolean =>
  !columns.some(({ type }) => type === 'datetime' || type === 'date' || type === 'numeric')

/** Columns of the key that the file has. */
export function ownKey(contract: Contract): readonly string[] {
  const given = [shardColumn(contract)?.name, partitionColumn(contract)]
  return contract.key.filter((name) => !given.includes(name))
}

/** Column of the key that a reference to the stream names. */
const targetOf = (stream: string, { contracts }: MockPlan): string => {
  const contract = contracts.find((each) => each.stream === stream)
  return contract ? (ownKey(contract)[0] ?? '') : ''
}

function rowsOf(making: Making): readonly MockRow[] {
  const { contract, plan, day, random } = making
  const key = ownKey(contract)
  const references = contract.references ?? []
  const parent = references.find(({ columns }) => columns.some((name) => key.includes(name)))
  if (parent) return (day.get(parent.to) ?? []).flatMap((row) => childrenOf(row, making, parent.to))
  const once = references.find(({ to }) => !isTimeless(contractOf(to, plan)))
  const parents = once ? random.shuffle(day.get(once.to) ?? []).slice(0, INDEPENDENT / 2) : null
  const count = parents?.length ?? INDEPENDENT
  const taken = new Set<string>()
  return Array.from({ length: count }, (_, index) => {
    const fixed = once && parents ? { [once.columns[0] ?? '']: parents[index]?.[targetOf(once.to, plan)] ?? '' } : {}
    let row = mockRow(making, fixed)
    while (taken.has(keyText(row, key))) row = mockRow(making, fixed)
    taken.add(keyText(row, key))
    return row
  })
}

const keyText = (row: MockRow, key: readonly string[]): string => key.map((name) => row[name] ?? '').join('\u0000')

function contractOf(stream: string, { contracts }: MockPlan): Contract {
  const found = contracts.find((contract) => contract.stream === stream)
  if (!found) throw new TypeError(`no contract for ${stream}`)
  return found
}

/** Rows below one row of another stream: numbered from 1, their sum as a check of the pipeline wants it. */
function childrenOf(parent: MockRow, making: Making, to: string): readonly MockRow[] {
  const { contract, plan, random } = making
  const key = ownKey(contract)
  const reference = contract.references?.find((each) => each.to === to)
  const column = reference?.columns[0] ?? ''
  const value = parent[targetOf(to, plan)] ?? ''
  const sum = equalSum(making, column, value)
  const count = random.int(1, sum === null ? 3 : 2)
  const parts = sum === null ? [] : splitOf(sum.units, count, random)
  return Array.from({ length: sum === null ? count : parts.length }, (_, index) => {
    const numbered = contract.columns.filter(({ name, type }) => key.includes(name) && type === 'int64')
    const fixed = Object.fromEntries(numbered.map(({ name }) => [name, String(index + 1)]))
    const money = sum === null ? {} : { [sum.column]: decimalOf(parts[index] ?? 0) }
    return mockRow(making, { [column]: value, ...fixed, ...money })
  })
}

/** The sum that a check of the pipeline wants of a column for one key; null where it wants none. */
function equalSum(
  { contract, plan, day }: Making,
  by: string,
  value: string,
): { column: string; units: number } | null {
  for (const check of plan.checks) {
    if (!('equal' in check)) continue
    const [left, right] = check.equal
    if (left.stream !== contract.stream || left.by !== by || left.sum === undefined) continue
    const columns = addedColumns(right.sum ?? '')
    const rows = day.get(right.stream ?? '')
    if (!columns || !rows) continue
    const units = rows
      .filter((row) => row[right.by ?? ''] === value)
      .reduce((total, row) => total + columns.reduce((sum, name) => sum + unitsOf(row[name] ?? ''), 0), 0)
    return { column: left.sum, units }
  }
  return null
}

/** A decimal text in units of a ten-thousandth. */
export const unitsOf = (text: string): number => Math.round(Number(text) * UNITS)

/** Units as a decimal text of two places, as money is written. */
export const decimalOf = (units: number): string => (units / UNITS).toFixed(2)

function splitOf(units: number, count: number, random: Random): readonly number[] {
  const cents = Math.round(units / 100)
  if (count < 2 || cents < 2) return [units]
  const first = random.int(1, cents - 1) * 100
  return [first, units - first]
}

/** A row whose columns have the given texts, and else values that their rules take. */
export function mockRow(making: Making, fixed: MockRow): MockRow {
  const { contract, day, plan, random } = making
  const times = timesOf(making)
  return Object.fromEntries(
    contract.columns.map((column) => {
      const given = fixed[column.name]
      if (given !== undefined) return [column.name, given]
      const reference = contract.references?.find(({ columns }) => columns.includes(column.name))
      if (reference) {
        const row = random.pick(day.get(reference.to) ?? [])
        return [column.name, row[targetOf(reference.to, plan)] ?? '']
      }
      const time = times.get(column.name)
      if (time !== undefined) return [column.name, formatted(time, column)]
      const mayBeAbsent = !column.required && !ownKey(contract).includes(column.name)
      return [column.name, mayBeAbsent && random.chance(0.05) ? '' : drawnValue(column, random)]
    }),
  )
}

/** Times of a row: the first ones on the day, each other after those that it must follow. */
function timesOf({ contract, date, random }: Making): ReadonlyMap<string, number> {
  const rules = timeRules(contract)
  const times = new Map<string, number>()
  const start = Date.parse(`${date}T00:00:00Z`)
  const place = (name: string): number => {
    const known = times.get(name)
    if (known !== undefined) return known
    const earlier = rules
      .filter((rule) => rule.later === name && rule.earlier !== name)
      .map((rule) => place(rule.earlier))
    const time =
      earlier.length === 0 ? start + random.int(0, 23 * 60) * 60_000 : Math.max(...earlier) + random.int(1, 96) * HOUR
    times.set(name, time)
    return time
  }
  for (const { name, type } of contract.columns) {
    if (type === 'datetime') place(name)
    if (type === 'date') times.set(name, start)
  }
  return times
}

const SYLLABLES = ['ba', 'co', 'di', 'fo', 'gu', 'la', 'me', 'no', 'pi', 'ra', 'so', 'tu']

function drawnValue(column: Column, random: Random): string {
  const { type, values, pattern, min, max, minLength = 1, maxLength = 30 } = column
  if (values) return random.pick(values)
  if (pattern !== undefined) return sampleOf(pattern, random)
  const low = typeof min === 'number' ? min : 1
  const high = typeof max === 'number' ? max : low + 100
  switch (type) {
    case 'int64':
      return String(random.int(Math.ceil(low), Math.floor(high)))
    case 'numeric':
      return decimalOf(random.int(Math.ceil(low * 100), Math.floor(high * 100)) * 100)
    case 'float64':
      return (low + random.float() * (high - low)).toFixed(6)
    case 'bool':
      return random.chance(0.5) ? 'true' : 'false'
    case 'date':
    case 'time':
    case 'datetime':
      return ''
    case 'string': {
      const word = Array.from({ length: 12 }, () => random.pick(SYLLABLES)).join('')
      return word.slice(0, Math.max(minLength, Math.min(maxLength, random.int(4, 12))))
    }
  }
}

/** A row of the stream in addition to those of the day, with a key of its own. */
export function oneMore(
  plan: MockPlan,
  { stream, date, day }: { readonly stream: string; readonly date: string; readonly day: MockDay },
  fixed: (making: Making) => MockRow,
): MockRow {
  const random = createRandom(plan.seed, stream, date, 'one more')
  const making = { contract: contractOf(stream, plan), plan, date, day, random }
  return mockRow(making, fixed(making))
}
