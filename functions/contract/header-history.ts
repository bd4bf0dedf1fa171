/** A column of one file: its name in the header, and the type that its first values look like; null where all are empty. */
export interface SeenColumn {
  readonly name: string
  readonly type: SeenType | null
}

/** Type that values look like, from the narrowest. */
export type SeenType = 'int64' | 'numeric' | 'bool' | 'date or time' | 'string'

/** Header of one archived file. */
export interface SeenHeader {
  readonly window: string
  readonly shard: string
  readonly columns: readonly SeenColumn[]
}

/** One difference of a header to the one before it. Positions count from 1. */
export type HeaderChange =
  | { readonly kind: 'came' | 'went'; readonly column: string; readonly position: number }
  | { readonly kind: 'moved'; readonly column: string; readonly from: number; readonly to: number }
  | { readonly kind: 'type'; readonly column: string; readonly from: SeenType; readonly to: SeenType }

/** A header, and where it was seen. */
export interface HeaderVersion {
  readonly first: string
  readonly last: string
  readonly files: number
  readonly shards: readonly string[]
  readonly columns: readonly SeenColumn[]
  /** Against the header that was newest before; none of the first one. */
  readonly changes: readonly HeaderChange[]
}

/**
 * Pure: the headers of a stream in the order in which they came. A header is its names in their order, with types that values of another
 * kind change: a column that was empty, or whole numbers among which a fraction comes, says nothing new about the type.
 */
export function headerHistory(seen: readonly SeenHeader[]): readonly HeaderVersion[] {
  const versions: HeaderVersion[] = []
  const inOrder = seen.toSorted((a, b) => byText(a.window, b.window) || byText(a.shard, b.shard))
  for (const header of inOrder) {
    const at = versions.findIndex((version) => isSame(version.columns, header.columns))
    const known = versions[at]
    const newest = newestOf(versions)
    if (known) versions[at] = joined(known, header)
    else
      versions.push({
        ...{ first: header.window, last: header.window, files: 1, shards: [header.shard], columns: header.columns },
        changes: newest ? changesOf(newest.columns, header.columns) : [],
      })
  }
  return versions
}

function newestOf(versions: readonly HeaderVersion[]): HeaderVersion | undefined {
  return versions.toSorted((a, b) => byText(a.last, b.last)).at(-1)
}

function isSame(a: readonly SeenColumn[], b: readonly SeenColumn[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, type }, at) => name === b[at]?.name && !isOtherType(type, b[at]?.type ?? null))
  )
}

function joined(version: HeaderVersion, { window, shard, columns }: SeenHeader): HeaderVersion {
  return {
    ...version,
    last: window,
    files: version.files + 1,
    shards: version.shards.includes(shard) ? version.shards : [...version.shards, shard],
    columns: version.columns.map(({ name, type }, at) => ({ name, type: widest(type, columns[at]?.type ?? null) })),
  }
}

const isNumber = (type: SeenType): boolean => type === 'int64' || type === 'numeric'

function isOtherType(a: SeenType | null, b: SeenType | null): boolean {
  return a !== null && b !== null && a !== b && !(isNumber(a) && isNumber(b))
}

function widest(a: SeenType | null, b: SeenType | null): SeenType | null {
  return a === 'numeric' || b === 'numeric' ? 'numeric' : (a ?? b)
}

function changesOf(before: readonly SeenColumn[], after: readonly SeenColumn[]): readonly HeaderChange[] {
  const [old, now] = [placesOf(before), placesOf(after)]
  const went = before.flatMap(({ name }, at): readonly HeaderChange[] =>
    now.has(name) ? [] : [{ kind: 'went', column: name, position: at + 1 }],
  )
  const came = after.flatMap(({ name }, at): readonly HeaderChange[] =>
    old.has(name) ? [] : [{ kind: 'came', column: name, position: at + 1 }],
  )
  // Columns that only made room for others are where they were: the order of those in both counts.
  const both = after.filter(({ name }) => old.has(name)).map(({ name }) => name)
  const order = before.filter(({ name }) => now.has(name)).map(({ name }) => name)
  const moved = both.flatMap((name, at): readonly HeaderChange[] =>
    order[at] === name
      ? []
      : [{ kind: 'moved', column: name, from: (old.get(name) ?? 0) + 1, to: (now.get(name) ?? 0) + 1 }],
  )
  const types = after.flatMap(({ name, type }): readonly HeaderChange[] => {
    const from = before[old.get(name) ?? -1]?.type ?? null
    return from !== null && type !== null && isOtherType(from, type)
      ? [{ kind: 'type', column: name, from, to: type }]
      : []
  })
  return [...went, ...came, ...moved, ...types]
}

function placesOf(columns: readonly SeenColumn[]): ReadonlyMap<string, number> {
  return new Map(columns.map(({ name }, at) => [name, at]))
}

/** Pure: the type that the values of a column look like; null where all are empty. */
export function seenType(values: readonly string[]): SeenType | null {
  const filled = values.map((value) => value.trim()).filter((value) => value !== '')
  if (filled.length === 0) return null
  const every = (pattern: RegExp) => filled.every((value) => pattern.test(value))
  if (every(/^-?\d{1,18}$/)) return 'int64'
  if (every(/^-?\$?\d{1,29}([.,]\d+)*$/)) return 'numeric'
  if (every(/^(true|false|yes|no)$/i)) return 'bool'
  if (every(/^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?$|^\d{1,2}:\d{2}(:\d{2})?( ?[AP]M)?$/i)) return 'date or time'
  return 'string'
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
