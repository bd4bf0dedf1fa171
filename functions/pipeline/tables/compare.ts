import { bucketsSql, keysSql } from '../../sql/digest.ts'
import type { Side } from './ports.ts'

/** A key whose rows are not the same on both sides. */
interface DifferentKey {
  readonly key: string
  readonly difference: 'only at the source' | 'only at the destination' | 'other values'
}

/** Result of a comparison. */
export interface Comparison {
  readonly sourceRows: number
  readonly destinationRows: number
  /** Keys of the first shares that differ, at most as many as were asked for. */
  readonly keys: readonly DifferentKey[]
  /** Shares of the keys that differ. */
  readonly shares: number
}

/** Streams and limits of a comparison of a pipeline. */
export interface CompareAsked {
  /** Empty for all. */
  readonly streams: readonly string[]
  /** Most keys of a table that are named. */
  readonly keys: number
  /** Days, for a pipeline of files. */
  readonly range: { readonly from: string; readonly to: string }
}

/** Result of a comparison of one table. */
export interface ComparedTable {
  stream: string
  result: 'equal' | 'different' | 'not compared'
  sourceRows: number | null
  destinationRows: number | null
  keys: DifferentKey[]
  /** Why it was not compared. */
  reason: string | null
}

/** Result of a comparison of a whole pipeline. */
export interface ComparedPipeline {
  readonly isEqual: boolean
  readonly sentence: string
  readonly streams: ComparedTable[]
  /** Partitions of a pipeline of files; null where tables are copied. */
  readonly partitions: { compared: number; mismatches: { stream: string; window: string; message: string }[] } | null
}

const BUCKETS = 256

/**
 * Compares every value of two tables by a hash of each row: sums over shares of the keys first, then the rows of the shares that
 * differ. Only hashes and keys leave the systems.
 */
export async function compareTables(source: Side, destination: Side, most: number): Promise<Comparison> {
  const [left, right] = await Promise.all([shares(source), shares(destination)])
  const different = [...new Set([...left.keys(), ...right.keys()])].filter(
    (bucket) =>
      left.get(bucket)?.hash !== right.get(bucket)?.hash || left.get(bucket)?.rows !== right.get(bucket)?.rows,
  )
  const keys: DifferentKey[] = []
  for (const bucket of different.toSorted((a, b) => a - b)) {
    if (keys.length >= most) break
    keys.push(...(await differentKeys(source, destination, bucket)))
  }
  return {
    sourceRows: rowsOf(left),
    destinationRows: rowsOf(right),
    keys: keys.slice(0, most),
    shares: different.length,
  }
}

interface Share {
  readonly rows: number
  readonly hash: string
}

async function shares({ digest, dialect, query }: Side): Promise<ReadonlyMap<number, Share>> {
  const found = await query(bucketsSql(digest, dialect, BUCKETS))
  return new Map(found.map(([bucket, rows, hash]) => [Number(bucket), { rows: Number(rows), hash: hash ?? '' }]))
}

function rowsOf(all: ReadonlyMap<number, Share>): number {
  return [...all.values()].reduce((sum, { rows }) => sum + rows, 0)
}

async function differentKeys(source: Side, destination: Side, bucket: number): Promise<readonly DifferentKey[]> {
  const [left, right] = await Promise.all([hashesOf(source, bucket), hashesOf(destination, bucket)])
  const keys = [...new Set([...left.keys(), ...right.keys()])].toSorted()
  return keys.flatMap((key): readonly DifferentKey[] => {
    const [here, there] = [left.get(key), right.get(key)]
    if (here === there) return []
    const difference =
      there === undefined ? 'only at the source' : here === undefined ? 'only at the destination' : 'other values'
    return [{ key: readable(key), difference }]
  })
}

async function hashesOf({ digest, dialect, query }: Side, bucket: number): Promise<ReadonlyMap<string, string>> {
  const found = await query(keysSql(digest, dialect, { buckets: BUCKETS, bucket }))
  return new Map(found.map(([key, hash]) => [key ?? '', hash ?? '']))
}

/** The values of a key with commas: each has a mark before it that tells NULL from a text. */
function readable(key: string): string {
  return key
    .split('\u001F')
    .map((value) => (value === '-' ? 'NULL' : value.slice(1)))
    .join(', ')
}
