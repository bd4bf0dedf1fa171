import type { ColumnType, Contract } from '../../contract/contract.ts'
import { quoteIdentifier } from '../../sql/dialects/duckdb/quote.ts'
import {
  FEWEST_OF_VALUE,
  MOST_SAMPLED,
  MOST_VALUES,
  type Profile,
  type ProfiledColumn,
  profiledColumns,
} from '../profiles/profiles.ts'

// Longer texts are prose, and a profile is no place for prose.
const LONGEST_VALUE = 100
const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95]

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
  slice: { readonly stream: string; readonly rows: number; readonly rawSha256: string },
): readonly Profile[] {
  let at = 0
  return columns.map(({ column, asked }) => {
    const facts = new Map(asked.map(([fact]) => [fact, answers[at++] ?? null] as const))
    return profileOf(column, { facts, every, ...slice })
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

interface Answered {
  readonly facts: ReadonlyMap<Fact, string | null>
  readonly every: number
  readonly stream: string
  readonly rows: number
  readonly rawSha256: string
}

function profileOf({ name, type }: ProfiledColumn, { facts, every, stream, rows, rawSha256 }: Answered): Profile {
  const nulls = Number(facts.get('nulls') ?? 0)
  const sum = facts.get('sum') ?? null
  const [low, lower, middle, upper, high] = numbersOf(facts.get('quantiles'))
  const [shortest, longest, characters] = (facts.get('lengths') ?? '')
    .split(' ')
    .filter((word) => word !== '')
    .map(Number)
  const filled = rows - nulls
  return {
    ...{ stream, column: name, type, row_count: rows, null_count: nulls },
    distinct_count: Math.min(filled, Number(facts.get('distinct') ?? 0)),
    min_value: facts.get('min') ?? null,
    max_value: facts.get('max') ?? null,
    sum_value: sum,
    mean_value: sum === null || filled === 0 ? null : Number(sum) / filled,
    quantile_05: low ?? null,
    quantile_25: lower ?? null,
    quantile_50: middle ?? null,
    quantile_75: upper ?? null,
    quantile_95: high ?? null,
    min_length: shortest ?? null,
    max_length: longest ?? null,
    mean_length: characters === undefined || filled === 0 ? null : characters / filled,
    top_values: frequentOf(facts.get('frequent'), every),
    raw_sha256: rawSha256,
  }
}

function numbersOf(text: string | null | undefined): readonly number[] {
  const inner = /^\[(.+)\]$/.exec(text ?? '')?.[1]
  const numbers = inner?.split(', ').map(Number) ?? []
  return numbers.every(Number.isFinite) ? numbers : []
}

interface Entry {
  readonly value: string
  readonly rows: number
}

/** The most frequent first, rows reckoned up from the sample; null for none. */
function frequentOf(text: string | null | undefined, every: number): string | null {
  const parsed: unknown = JSON.parse(text ?? '[]')
  const entries = Array.isArray(parsed) ? parsed.flatMap((entry: unknown) => entryOf(entry, every)) : []
  const sorted = entries.toSorted((a, b) => b.rows - a.rows || (a.value < b.value ? -1 : 1))
  return sorted.length === 0 ? null : JSON.stringify(sorted.slice(0, MOST_VALUES))
}

function entryOf(entry: unknown, every: number): readonly Entry[] {
  if (typeof entry !== 'object' || entry === null || !('key' in entry) || !('value' in entry)) return []
  const value = String(entry.key)
  return value.length > LONGEST_VALUE ? [] : [{ value, rows: Number(entry.value) * every }]
}

const NUMBERS: readonly ColumnType[] = ['int64', 'numeric', 'float64']
const TIMES: readonly ColumnType[] = ['date', 'time', 'datetime', 'timestamp']

const isNumber = (type: ColumnType): boolean => NUMBERS.includes(type)
const isExact = (type: ColumnType): boolean => isNumber(type) && type !== 'float64'
const isOrdered = (type: ColumnType): boolean => isNumber(type) || TIMES.includes(type)
