/** Rows, and exact sums by column as decimal text. A column that is not there sums to nothing. */
export interface Amounts {
  readonly rows: number
  readonly totals: Readonly<Record<string, string>>
}

/**
 * Compares what the warehouse counted with what a manifest lists. Null when all is equal; else a sentence with the first
 * numbers that are not. Columns other than the given ones are left out: parts of an older contract may have sums of columns
 * that the table no longer has.
 */
export function reconcile(listed: Amounts, counted: Amounts, columns: readonly string[]): string | null {
  if (listed.rows !== counted.rows) return `the warehouse holds ${counted.rows} rows, the manifest lists ${listed.rows}`
  const wrong = columns.find((column) => !sameAmount(listed.totals[column] ?? '0', counted.totals[column] ?? '0'))
  if (wrong === undefined) return null
  return `${wrong} sums to ${counted.totals[wrong] ?? '0'} in the warehouse, to ${listed.totals[wrong] ?? '0'} in the manifest`
}

/** Equal as decimals: `12.50` and `12.5000` are, `12.5` and `12.51` are not. Never by way of a float. */
export function sameAmount(a: string, b: string): boolean {
  return canonical(a) === canonical(b)
}

function canonical(amount: string): string {
  const [whole = '0', fraction = ''] = amount.split('.')
  const digits = fraction.replace(/0+$/, '')
  const text = digits === '' ? whole : `${whole}.${digits}`
  return text === '-0' ? '0' : text
}

/** Rows of one raw file of a location. */
interface Source {
  readonly shard: string
  readonly rawSha256: string
  readonly rows: number
}

/**
 * Compares the raw files that a table's rows are from with those that a manifest lists. Null when they are the same; else a
 * sentence about the first that is not, in which `noun` stands for a shard. Null as well where the table's rows do not say it. Rows and money may agree although a correction of texts was never loaded.
 */
export function reconcileSources(
  listed: readonly Source[],
  counted: readonly Source[] | null,
  noun: string,
): string | null {
  if (counted === null) return null
  const [wanted, found] = [rowsBySource(listed), rowsBySource(counted)]
  for (const key of new Set([...wanted.keys(), ...found.keys()])) {
    const [rows, held] = [wanted.get(key) ?? 0, found.get(key) ?? 0]
    if (rows === held) continue
    const [shard, raw = ''] = key.split('\n')
    return `the warehouse holds ${held} rows of the raw file ${raw.slice(0, 12)} of ${noun} ${shard}, the manifest lists ${rows}`
  }
  return null
}

function rowsBySource(sources: readonly Source[]): ReadonlyMap<string, number> {
  const rows = new Map<string, number>()
  for (const { shard, rawSha256, rows: more } of sources) {
    const key = `${shard}\n${rawSha256}`
    if (more > 0) rows.set(key, (rows.get(key) ?? 0) + more)
  }
  return rows
}
