import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DaybreakError } from '../../errors.ts'
import { equalDecimals, subtractDecimals } from '../../lib/decimal.ts'
import { hashFile } from '../../lib/hash-file.ts'
import type { Total } from '../../sql/value.ts'
import type { Delivery, PartObject, RawObject, Reason, SliceKey, Totals } from '../entities.ts'
import type { WindowHooks } from '../hooks/window-hooks.ts'
import { madeNames, type PartVersion, rawName } from '../names.ts'
import type { Ports } from '../ports.ts'
import {
  type FileRows,
  type KeyRange,
  type PartRequest,
  sourceText,
  type TableEngine,
  type WindowView,
} from './ports.ts'
import { partVersion, planTotals, type WindowPlan } from './window-plan.ts'

/** A shard whose raw rows and part are in object storage. */
export interface LandedShard {
  readonly key: SliceKey
  readonly delivery: Omit<Delivery, 'stagedAt'>
  /** Rows that are faults of the data; earlier rows of a key that is there twice are none. */
  readonly faults: number
  readonly firstReject: string | null
  /** Why a hook holds the window back; null for none. */
  readonly held: Reason | null
  readonly source: { readonly rows: number; readonly totals: Totals }
}

interface Landing {
  readonly plan: WindowPlan
  readonly shard: KeyRange
  readonly view: WindowView
  readonly engine: TableEngine
  readonly scratch: string
  readonly hooks?: WindowHooks | null | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads one shard of a window: its raw rows go into object storage under their hash before anything parses them, then its part. What
 * the source says of the shard, in the same view, equals what was read. @throws {DaybreakError} NOT_RECONCILED.
 */
export async function landShard(landing: Landing, { objects }: Pick<Ports, 'objects'>): Promise<LandedShard> {
  const { plan, shard, view, engine, hooks } = landing
  const { pipeline: name, stream, window } = plan
  const key: SliceKey = { pipeline: name, stream, window, shard: shard.id }
  const folder = join(landing.scratch, shard.id)
  await mkdir(folder)
  try {
    const before = (await hooks?.beforeShard(shard.id)) ?? null
    const { raw, rows, files } = await landRaw(key, { ...landing, folder }, objects)
    const totals = planTotals(plan)
    const source = await view.totals(shard, totals)
    if (source.rows !== rows) throw unequal(key, `${rows} rows were read, and the source counts ${source.rows}`)
    const read = { path: join(folder, 'raw.csv'), files }
    const changed = (await hooks?.changeRows(shard.id, read)) ?? null
    const { path, files: known } = changed ?? read
    const made = await engine.part({
      ...partRequest(plan, { shard: shard.id, raw: path, records: rows, files: known }),
      isChanged: changed !== null,
      outDir: folder,
    })
    // A numeric sum of the source is that of all rows; what a rejected row has of it is not in the part.
    const expected = withoutRejects(source.totals, made.rejects.totals, totals, made.rejects.rows)
    if (!plan.asText && made.totals !== null && changed === null)
      expectEqual(
        key,
        totals.filter(({ name }) => expected[name] !== undefined),
        { source: expected, part: made.totals },
      )
    const version: PartVersion = { sha256: raw.sha256, contract: partVersion(plan), engine: engine.version }
    const names = madeNames(key, version)
    const part = await put(names.part, made.part, objects)
    const rejects =
      made.rejects.rows === 0
        ? { object: names.rejects, rows: 0, bytes: 0 }
        : await put(names.rejects, made.rejects, objects)
    const counts = { lines: rows, records: rows, blankLines: 0, accepted: made.part.rows, rejected: made.rejects.rows }
    const { accepted, rejected } = counts
    const after = (await hooks?.afterShard(shard.id, { source: rows, accepted, rejected })) ?? null
    return {
      key,
      held: before ?? changed?.held ?? after,
      delivery: {
        ...{ raw, contract: version.contract, engine: version.engine, part, rejects, counts },
        totals: plan.asText ? { ...made.totals, ...expected } : (made.totals ?? source.totals),
      },
      faults: made.rejects.rows - made.rejects.superseded,
      firstReject: made.firstReject,
      source,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Pure: sums that the accepted rows must have by the source: of all rows, less those of the rejected ones. */
function withoutRejects(source: Totals, rejected: Totals, totals: readonly Total[], rows: number): Totals {
  if (rows === 0) return source
  const known = totals.filter(({ name }) => rejected[name] !== undefined && isDecimal(source[name] ?? '0'))
  return Object.fromEntries(
    known.map(({ name }) => [name, subtractDecimals(source[name] ?? '0', rejected[name] ?? '0')]),
  )
}

// A sum of values that are no numbers is none either.
const isDecimal = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text)

interface RawRows {
  readonly shard: string
  readonly raw: string
  readonly records: number
  /** As `PartRequest` has them. */
  readonly files: readonly FileRows[] | null
}

/** Pure: what the engine is asked to make of raw rows of a window. */
export function partRequest(plan: WindowPlan, { shard, raw, records, files }: RawRows): Omit<PartRequest, 'outDir'> {
  const { columns, asText, isMarked = false, key, distinctBy, stream, window, from } = plan
  return {
    ...{ raw, records, files, columns, asText, isMarked },
    key: key.map((column) => placeOf(plan, column)),
    distinctBy: distinctBy === null ? null : distinctBy === '' ? 'row' : placeOf(plan, distinctBy),
    totals: planTotals(plan),
    origin: { stream, shard, window, table: sourceText(from) },
  }
}

async function landRaw(
  key: SliceKey,
  { view, shard, folder, signal }: Landing & { readonly folder: string },
  objects: Ports['objects'],
): Promise<{ readonly raw: RawObject; readonly rows: number; readonly files: readonly FileRows[] | null }> {
  const path = join(folder, 'raw.csv')
  const hash = createHash('sha256')
  let bytes = 0
  const stream = view.read(shard)
  await pipeline(
    stream,
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        bytes += chunk.length
        yield chunk
      }
    },
    createWriteStream(path),
    ...(signal ? [{ signal }] : []),
  )
  const sha256 = hash.digest('hex')
  const object = rawName(key, 'rows.csv', sha256)
  await objects.put(object, { path })
  return { raw: { object, sha256, bytes }, rows: stream.rows(), files: stream.files?.() ?? null }
}

function placeOf({ columns, stream }: WindowPlan, name: string): number {
  const place = columns.findIndex((column) => column.name === name)
  if (place >= 0) return place
  throw new DaybreakError('CONFIG_INVALID', `${stream} has no column ${JSON.stringify(name)}`)
}

async function put(
  object: string,
  { path, rows }: { readonly path: string; readonly rows: number },
  objects: Ports['objects'],
): Promise<PartObject> {
  const sha256 = await hashFile(path)
  await objects.put(object, { path })
  const bytes = (await objects.size(object)) ?? 0
  return { object, rows, bytes, sha256 }
}

interface Sums {
  readonly source: Totals
  readonly part: Totals
}

function expectEqual(key: SliceKey, totals: readonly Total[], { source, part }: Sums): void {
  for (const { name } of totals) {
    const [asked, made] = [source[name] ?? '0', part[name] ?? '0']
    if (!equalDecimals(asked, made))
      throw unequal(key, `${name} is ${asked} at the source, and ${made} of what was read`)
  }
}

function unequal({ stream, window, shard }: SliceKey, what: string): DaybreakError {
  return new DaybreakError('NOT_RECONCILED', `${stream}, window ${window}, shard ${shard}: ${what}`)
}
