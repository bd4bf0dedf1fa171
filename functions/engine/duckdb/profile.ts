import type { ColumnType, Contract } from '../../contract/contract.ts'
import { quoteIdentifier } from '../../sql/dialects/duckdb/quote.ts'
import { type ColumnFacts, type ProfiledSlice, profileOf, QUANTILES, type ValueRows } from '../profiles/facts.ts'
import {
  FEWEST_OF_VALUE,
  isExact,
  isNumber,
  isOrdered,
  MOST_SAMPLED,
  type Profile,
  type ProfiledColumn,
  profiledColumns,
} from '../profiles/profiles.ts'

/** Questions to a part about one column; all columns are answered by the scan that answers the checks. */
interface ColumnQuestions {
  readonly column: ProfiledColumn
  /** SQL of each fact; a fact that is not asked is empty. */
  readonly asked: readonly (readonly [fact: Fact, sql: string])[]
}

type Fact = 'nulls' | 'distinct' | 'min' | 'max' | 'sum' | 'quantiles' | 'lengths' | 'frequent'

/** The facts that make the profile of a part, each as an expression of SQL. */
interface ProfileQuestions {
  readonly columns: readonly ColumnQuestions[]
  /** Every nth row is sampled. */
  readonly every: number
}

/** Questions of a profile to a part of about so many rows. */
export function profileQuestions(contract: Contract, rows: number): ProfileQuestions {
  const every = Math.max(1, Math.ceil(rows / MOST_SAMPLED))
  return { every, columns: profiledColumns(contract).map((column) => ({ column, asked: factsOf(column, every) })) }
}

/** Expressions of all facts, in the order in which `profilesOf` takes their answers. */
export function profileSql({ columns }: ProfileQuestions): readonly string[] {
  return columns.flatMap(({ asked }) => asked.map(([, sql]) => sql))
}

/** The profiles of a part from the answers to its facts. */
export function profilesOf(
  { columns, every }: ProfileQuestions,
  answers: readonly (string | null)[],
  slice: ProfiledSlice,
): readonly Profile[] {
  let at = 0
  return columns.map(({ column, asked }) => {
    const facts = new Map(asked.map(([fact]) => [fact, answers[at++] ?? null] as const))
    return profileOf(column, factsFrom(facts, every), slice)
  })
}

function factsOf({ name, type, isShown, hasFrequent }: ProfiledColumn, every: number): ColumnQuestions['asked'] {
  const id = quoteIdentifier(name)
  const sampled = every === 1 ? '' : ` FILTER (WHERE _row_number % ${every} = 0)`
  const counts = [
    ['nulls', `count(*) - count(${id})`],
    ['distinct', `approx_count_distinct(${id})`],
  ] as const
  if (!isShown) return counts
  return [
    ...counts,
    ...(isOrdered(type)
      ? ([
          ['min', endSql('min', id, type)],
          ['max', endSql('max', id, type)],
        ] as const)
      : []),
    // A sum of fractions that are not exact depends on the order of its rows.
    ...(isExact(type) ? ([['sum', `sum(${id})`]] as const) : []),
    ...(isNumber(type)
      ? ([['quantiles', `CAST(quantile_cont(${id}, [${QUANTILES.join(', ')}])${sampled} AS VARCHAR)`]] as const)
      : []),
    ...(type === 'string'
      ? ([['lengths', `concat_ws(' ', min(length(${id})), max(length(${id})), sum(length(${id})))`]] as const)
      : []),
    ...(hasFrequent ? ([['frequent', frequentSql(id, sampled)]] as const) : []),
  ]
}

function endSql(end: 'min' | 'max', id: string, type: ColumnType): string {
  // The text of an instant must not depend on the zone of the session.
  return type === 'timestamp' ? `${end}(${id}) AT TIME ZONE 'UTC'` : `${end}(${id})`
}

function frequentSql(id: string, sampled: string): string {
  const entries = `map_entries(histogram(CAST(${id} AS VARCHAR))${sampled})`
  return `CAST(to_json(list_filter(${entries}, lambda entry: entry.value >= ${FEWEST_OF_VALUE})) AS VARCHAR)`
}

function factsFrom(facts: ReadonlyMap<Fact, string | null>, every: number): ColumnFacts {
  const [min, max, all] = (facts.get('lengths') ?? '')
    .split(' ')
    .filter((word) => word !== '')
    .map(Number)
  return {
    nulls: Number(facts.get('nulls') ?? 0),
    distinct: Number(facts.get('distinct') ?? 0),
    ...{ min: facts.get('min') ?? null, max: facts.get('max') ?? null, sum: facts.get('sum') ?? null },
    quantiles: numbersOf(facts.get('quantiles')),
    lengths: min === undefined || max === undefined || all === undefined ? null : { min, max, all },
    frequent: frequentOf(facts.get('frequent'), every),
  }
}

function numbersOf(text: string | null | undefined): readonly number[] {
  const inner = /^\[(.+)\]$/.exec(text ?? '')?.[1]
  const numbers = inner?.split(', ').map(Number) ?? []
  return numbers.every(Number.isFinite) ? numbers : []
}

/** Rows are reckoned up from the sample. */
function frequentOf(text: string | null | undefined, every: number): readonly ValueRows[] {
  const parsed: unknown = JSON.parse(text ?? '[]')
  return Array.isArray(parsed) ? parsed.flatMap((entry: unknown) => entryOf(entry, every)) : []
}

function entryOf(entry: unknown, every: number): readonly ValueRows[] {
  if (typeof entry !== 'object' || entry === null || !('key' in entry) || !('value' in entry)) return []
  return [{ value: String(entry.key), rows: Number(entry.value) * every }]
}
