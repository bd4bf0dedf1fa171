import type { Column, Contract } from '../../functions/contract/contract.ts'
import { referenceChecks } from '../../functions/contract/references.ts'
import { createRandom } from '../random.ts'
import { formatted, timeRules } from './clock.ts'
import { sampleOf } from './pattern.ts'
import { type MockDay, type MockPlan, type MockRow, oneMore, ownKey } from './rows.ts'

/** Faults that can be planted, each as one row more. */
export const FAULTS = ['orphan', 'late', 'enum', 'pattern', 'negative'] as const
/** Name of a fault. */
export type FaultName = (typeof FAULTS)[number]

/** A planted row and what must become of it: it is rejected by a rule, or it fails a check and stays. */
export interface PlantedFault {
  readonly fault: FaultName
  readonly stream: string
  readonly date: string
  /** Column that is wrong. */
  readonly column: string
  readonly value: string
  readonly expected: { readonly kind: 'reject' | 'check'; readonly name: string }
}

/** The day with the fault, and its label; null where no contract can have it. */
export interface Planted {
  readonly day: MockDay
  readonly label: PlantedFault
}

/** Plants one fault: a row more in one stream, wrong in one column, so that nothing else is. */
export function plant(
  fault: FaultName,
  plan: MockPlan,
  { date, day }: { readonly date: string; readonly day: MockDay },
): Planted | null {
  const random = createRandom(plan.seed, fault, date)
  const places = PLACES[fault](plan)
  if (places.length === 0) return null
  const { contract, column, expected, wrong } = random.pick(places)
  const { stream } = contract
  const row = oneMore(plan, { stream, date, day }, (making) =>
    wrong(making.date, (pattern) => sampleOf(pattern, making.random)),
  )
  const label = { fault, stream, date, column: column.name, value: row[column.name] ?? '', expected }
  return { day: new Map([...day, [stream, [...(day.get(stream) ?? []), row]]]), label }
}

/** Where a fault can be, and the texts that make it. */
interface FaultPlace {
  readonly contract: Contract
  readonly column: Column
  readonly expected: PlantedFault['expected']
  readonly wrong: (date: string, sample: (pattern: string) => string) => MockRow
}

const PLACES: Readonly<Record<FaultName, (plan: MockPlan) => readonly FaultPlace[]>> = {
  orphan: orphans,
  late: lateTimes,
  enum: (plan) =>
    columnsOf(
      plan,
      ({ values, closed }) => values !== undefined && closed === true,
      (_, column) => ({
        expected: { kind: 'reject', name: `${column.name}_values` },
        wrong: () => ({ [column.name]: 'no_such_value' }),
      }),
    ),
  pattern: (plan) =>
    columnsOf(
      plan,
      ({ pattern }) => pattern !== undefined,
      (_, column) => ({
        expected: { kind: 'reject', name: 'pattern' },
        wrong: () => ({ [column.name]: '?' }),
      }),
    ),
  negative: (plan) =>
    columnsOf(
      plan,
      ({ type, min }) => (type === 'numeric' || type === 'int64') && min !== undefined && Number(min) >= 0,
      (_, column) => ({
        expected: { kind: 'reject', name: `${column.name}_range` },
        wrong: () => ({ [column.name]: column.type === 'int64' ? '-1' : '-1.00' }),
      }),
    ),
}

const isReference = ({ references = [] }: Contract, name: string): boolean =>
  references.some(({ columns }) => columns.includes(name))

function columnsOf(
  { contracts }: MockPlan,
  fits: (column: Column) => boolean,
  place: (contract: Contract, column: Column) => Pick<FaultPlace, 'expected' | 'wrong'>,
): readonly FaultPlace[] {
  return contracts.flatMap((contract) =>
    contract.columns
      .filter((column) => fits(column) && !isReference(contract, column.name))
      .map((column) => ({ contract, column, ...place(contract, column) })),
  )
}

/** Only where the row more changes no sum that the pipeline compares. */
function orphans(plan: MockPlan): readonly FaultPlace[] {
  const streams = new Map(plan.contracts.map((contract) => [contract.stream, contract]))
  const compared = new Set(
    plan.checks.flatMap((check) => ('equal' in check ? check.equal.map(({ stream }) => stream) : [])),
  )
  return plan.contracts
    .filter(({ stream }) => !compared.has(stream))
    .flatMap((contract) =>
      (contract.references ?? []).flatMap(({ columns, to }) => {
        const column = contract.columns.find(({ name }) => columns.includes(name))
        const target = streams.get(to)
        const pattern = target?.columns.find(({ name }) => name === ownKey(target)[0])?.pattern
        const check = referenceChecks(streams).find(
          ({ every, existsIn }) =>
            every.stream === contract.stream && every.by === column?.name && existsIn.stream === to,
        )
        if (!column || !check) return []
        return [
          {
            contract,
            column,
            expected: { kind: 'check' as const, name: check.name },
            wrong: (_: string, sample: (pattern: string) => string) => ({
              [column.name]: pattern === undefined ? 'no such row' : sample(pattern),
            }),
          },
        ]
      }),
    )
}

const DAY = 86_400_000

/** A time a day before the one that it must follow, where a check says so and no later time hangs on it. */
function lateTimes({ contracts }: MockPlan): readonly FaultPlace[] {
  return contracts.flatMap((contract) => {
    const rules = timeRules(contract)
    return rules
      .filter(({ later }) => !rules.some(({ earlier }) => earlier === later))
      .filter(({ later }) => rules.filter((rule) => rule.later === later).length === 1)
      .flatMap(({ check, later, earlier }) => {
        const [first, second] = [later, earlier].map((name) => contract.columns.find((column) => column.name === name))
        if (!first || !second) return []
        return [
          {
            contract,
            column: first,
            expected: { kind: 'check' as const, name: check },
            wrong: (date: string) => ({ [first.name]: formatted(Date.parse(`${date}T00:00:00Z`) - DAY, first) }),
          },
        ]
      })
  })
}
