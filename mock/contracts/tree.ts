import type { Contract } from '../../functions/contract/contract.ts'
import { headersOf } from '../../functions/contract/drift.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import { encodeTable } from '../csv.ts'
import { createRandom } from '../random.ts'
import { type FaultName, type PlantedFault, plant } from './faults.ts'
import { decimalOf, type MockDay, type MockPlan, type MockRow, mockDay, unitsOf } from './rows.ts'

/** Days to be made, and the faults among them. */
export interface MockTreePlan extends MockPlan {
  readonly startDate: string
  readonly days: number
  readonly faults: readonly FaultName[]
}

/** A file of the tree. */
export interface MockFile {
  readonly date: string
  readonly file: string
  readonly text: string
}

/** Rows and sums of numbers that are loaded of one stream and day. */
export interface LoadedTotal {
  readonly stream: string
  readonly date: string
  readonly rows: number
  readonly sums: Readonly<Record<string, string>>
}

/** Days of files with labelled faults, and what a load makes of them. */
export interface MockTree {
  readonly files: readonly MockFile[]
  readonly faults: readonly PlantedFault[]
  readonly totals: readonly LoadedTotal[]
}

/** Makes all days. Each fault is planted once, on a day of its own as long as there are days. */
export function mockTree(plan: MockTreePlan): MockTree {
  const dates = Array.from({ length: plan.days }, (_, index) => addDays(plan.startDate, index))
  const order = createRandom(plan.seed, 'days of faults').shuffle(dates)
  const made = dates.map((date) => {
    const due = plan.faults.filter((_, index) => order[index % order.length] === date)
    return { date, ...withFaults(plan, due, { date, day: mockDay(plan, date) }) }
  })
  return {
    files: made.flatMap(({ date, day }) => plan.contracts.map((contract) => fileOf(contract, date, day))),
    faults: made.flatMap(({ labels }) => labels),
    totals: made.flatMap(({ date, day, labels }) => plan.contracts.map((each) => totalOf(each, date, { day, labels }))),
  }
}

interface FaultyDay {
  readonly day: MockDay
  readonly labels: readonly PlantedFault[]
}

function withFaults(
  plan: MockPlan,
  faults: readonly FaultName[],
  { date, day }: { readonly date: string; readonly day: MockDay },
): FaultyDay {
  return faults.reduce<FaultyDay>(
    (done, fault) => {
      const planted = plant(fault, plan, { date, day: done.day })
      return planted ? { day: planted.day, labels: [...done.labels, planted.label] } : done
    },
    { day, labels: [] },
  )
}

function fileOf({ stream, file, columns }: Contract, date: string, day: MockDay): MockFile {
  const rows = day.get(stream) ?? []
  const header = columns.map((column) => headersOf(column)[0] ?? column.name)
  const records = rows.map((row) => columns.map(({ name }) => row[name] ?? ''))
  const name = file ?? `${stream}.csv`
  return { date, file: name, text: encodeTable({ file: name, header, records }) }
}

function totalOf({ stream, columns }: Contract, date: string, { day, labels }: FaultyDay): LoadedTotal {
  const rejected = labels.filter((label) => label.stream === stream && label.expected.kind === 'reject')
  const rows = (day.get(stream) ?? []).filter((row) => !rejected.some((label) => isPlanted(row, label)))
  const sums = columns
    .filter(({ type }) => type === 'numeric')
    .map(({ name }) => [name, decimalOf(rows.reduce((sum, row) => sum + unitsOf(row[name] ?? ''), 0))] as const)
  return { stream, date, rows: rows.length, sums: Object.fromEntries(sums) }
}

const isPlanted = (row: MockRow, { column, value }: PlantedFault): boolean => row[column] === value
