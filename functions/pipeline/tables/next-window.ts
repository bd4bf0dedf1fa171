import { toMilliseconds } from '../../config/duration.ts'
import { hooksAt } from '../../config/hooks-config.ts'
import type { TableConfig } from '../../config/table-pipeline.ts'
import { DaybreakError } from '../../errors.ts'
import { refusalsOf } from '../../sql/fidelity.ts'
import type { Strategy } from '../../sql/write.ts'
import type { WrittenColumn } from '../destination.ts'
import type { Instant, WindowRecord } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { isStillThere, recordedBy, tailOf } from './known-rows.ts'
import { type MappedColumn, mapColumns } from './map-columns.ts'
import { type CursorRange, type DiscoveredTable, sourceText, type TableReader } from './ports.ts'
import type { TableDefinition, TableTools } from './tools.ts'
import { claimWindow, hash, newestNumber, readNumbered, type WindowPlan } from './window-plan.ts'

type WindowPorts = Pick<Ports, 'ledger' | 'objects' | 'clock' | 'destination'>

/** Next work of a run for a stream. */
export type NextStep =
  /** The window is to be read, or to be read again because nothing of it is on record. */
  | { readonly step: 'read'; readonly plan: WindowPlan; readonly isClaimed: boolean }
  /** The window is read, and to be loaded. */
  | { readonly step: 'load'; readonly plan: WindowPlan }
  /** Nothing is new at the source since the last loaded window; null where no row was ever there. */
  | { readonly step: 'none'; readonly last: WindowPlan | null }

/** A stream of a pipeline of tables, with what reads it. */
interface StreamContext {
  readonly definition: TableDefinition
  readonly stream: string
  readonly config: TableConfig
  readonly tools: TableTools
}

/**
 * The next step of a stream. A window that is not finished goes first; it is given up where it cannot be: its rows were refused, or
 * the pipeline has changed. Then the next one begins where the last loaded one ends. No bookmark is stored anywhere.
 */
export async function nextStep(context: StreamContext, ports: WindowPorts): Promise<NextStep> {
  const next = await proposeStep(context, ports)
  if (next.step !== 'read' || next.isClaimed) return next
  return { step: 'read', plan: await claimWindow(next.plan, ports.objects), isClaimed: true }
}

/** The step that `nextStep` would give, as of now. Asks the source, and changes nothing. */
export async function proposeStep(context: StreamContext, ports: WindowPorts): Promise<NextStep> {
  const { definition, stream, tools } = context
  const place = { pipeline: definition.name, stream }
  const records = await ports.ledger.windows({ pipeline: place.pipeline, streams: [stream] })
  const reader = await tools.reader(definition.name)
  const shape = await shapeOf(context, reader)
  const number = await newestNumber(place, 0, ports.objects)
  if (number > 0) {
    const last = await readNumbered({ ...place, number }, ports.objects)
    const standing = await standingOf(last, records, ports)
    if (standing === 'read') return { step: 'load', plan: last }
    // The same plan made again would have other bounds; it is the shape that counts.
    if (standing === 'planned' && sameShape(last, shape)) return { step: 'read', plan: last, isClaimed: true }
  }
  const before = await lastLoaded({ ...place, number }, records, ports)
  const range = await rangeOf(context, { reader, shape, before })
  if (range === 'none' || (await isUnchanged(before, shape, ports))) return { step: 'none', last: before }
  const tail = range === null || shape.mode !== 'incremental' ? null : await tailAt(context, { reader, shape, range })
  // The same rows as at the end of the last window.
  if (tail !== null && before?.tail === tail && before.range?.high === range?.high)
    return { step: 'none', last: before }
  const at = Math.max(ports.clock.now(), (records.at(-1)?.at ?? 0) + 1_000)
  const first = { ...shape, ...place, number: 1, window: '', at, range, ...(tail !== null && { tail }) }
  const next = number === 0 ? await numberAfterRecords(first, ports) : number + 1
  return {
    step: 'read',
    plan: { ...first, number: next, window: windowId(shape.mode, { number: next, at }) },
    isClaimed: false,
  }
}

/** Where no window is known here, the destination may know some: ledger and objects were lost. Theirs are older. */
async function numberAfterRecords(first: WindowPlan, ports: WindowPorts): Promise<number> {
  const { pipeline, stream, strategy } = first
  const newest = (await recordedBy(ports.destination(pipeline), first)).at(-1)
  if (newest === undefined) return 1
  if (first.mode !== 'append') return newest.number + 1
  throw new DaybreakError(
    'CONFIG_INVALID',
    `${stream} was loaded up to its window ${newest.window}, and nothing here says where that window ends: ${strategy} would add its rows again. Put the objects back, or empty the table and delete its rows of \`_daybreak_loads\``,
  )
}

/** The tail of a window that ends where a range does. Rows without a cursor have none. */
async function tailAt(
  { config: { cursor } }: StreamContext,
  { reader, shape, range }: { readonly reader: TableReader; readonly shape: Shape; readonly range: CursorRange },
): Promise<string | null> {
  if (range.withNulls || cursor === undefined) return null
  const { column, high } = range
  const low = await reader.earlier({ table: shape.from, column }, high, toMilliseconds(cursor.overlap))
  return low === high ? null : await tailOf(shape, { column, low, high, withNulls: false }, reader)
}

/** Standing of a window that was claimed, by the ledger. */
async function standingOf(
  { pipeline, stream, window }: WindowPlan,
  records: readonly WindowRecord[],
  { ledger }: WindowPorts,
): Promise<'planned' | 'read' | 'loaded' | 'given up'> {
  const state = records.find((record) => record.window === window)?.state ?? 'planned'
  if (state !== 'read') return state
  const partition = await ledger.partition(pipeline, stream, window)
  if (partition?.state === 'quarantined') return 'given up'
  if (partition?.state === 'idle' && partition.loaded > 0 && partition.loaded === partition.wanted) return 'loaded'
  const refused = await ledger.slices({ pipeline, streams: [stream], windows: [window], states: ['quarantined'] })
  return refused.length > 0 ? 'given up' : 'read'
}

/** The newest window of the stream whose rows are in the table; null before the first. */
async function lastLoaded(
  { pipeline, stream, number }: Pick<WindowPlan, 'pipeline' | 'stream' | 'number'>,
  records: readonly WindowRecord[],
  ports: WindowPorts,
): Promise<WindowPlan | null> {
  for (let at = number; at > 0; at--) {
    const plan = await readNumbered({ pipeline, stream, number: at }, ports.objects)
    if ((await standingOf(plan, records, ports)) === 'loaded') return plan
  }
  return null
}

/** Name of a window: an instant for all rows of a table, a number for a range of a cursor. */
function windowId(mode: WindowPlan['mode'], { number, at }: { readonly number: number; readonly at: Instant }): string {
  if (mode === 'incremental' || mode === 'append') return `w${String(number).padStart(6, '0')}`
  return snapshotId(at)
}

/** Name of the window of all rows as they are at an instant. */
export function snapshotId(at: Instant): string {
  return `s${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
}

/** True where the rows of a source that says so are those of the last window, and the pipeline is the same. */
async function isUnchanged(before: WindowPlan | null, shape: Shape, ports: WindowPorts): Promise<boolean> {
  if (shape.mode !== 'full' || shape.fingerprint === undefined || before === null || !sameShape(before, shape))
    return false
  const { pipeline, stream, window } = before
  const slices = await ports.ledger.slices({ pipeline, streams: [stream], windows: [window] })
  return await isStillThere(before, slices, ports.destination(pipeline))
}

/** The members of a plan that do not depend on what is in the table. */
type Shape = Omit<WindowPlan, 'pipeline' | 'stream' | 'number' | 'window' | 'at' | 'range' | 'tail'>

function sameShape(plan: WindowPlan, shape: Shape): boolean {
  const own = { ...plan, pipeline: '', stream: '', number: 0, window: '', at: 0, range: null }
  return hash(own) === hash({ ...own, ...shape })
}

async function shapeOf({ definition, stream, config, tools }: StreamContext, reader: TableReader): Promise<Shape> {
  const table = await reader.describe(config.from)
  if (table === null)
    throw new DaybreakError(
      'CONFIG_MISSING',
      `cannot read ${config.from} of ${reader.name}: there is no such table, or the login may not see it`,
      { details: { next: 'daybreak doctor' } },
    )
  const mapped = mapColumns(config, table)
  const key = keyOf(stream, config, { table, mapped })
  const { mode, where = null, cursor, batch, workers, reconcile: level } = config
  const strategy = strategyOf(config)
  const cursorName = cursor === undefined ? null : expectCursor(stream, cursor.column, { table, mapped })
  const isUnique = key.length === 0 || hasUnique(table, key, mapped)
  const first = mapped.find(({ to }) => to.name === key[0])
  const hooks = await hooksOf({ definition, stream, config, tools })
  const shards = Math.max(1, Math.min(MOST_SHARDS, Math.ceil((table.estimatedRows ?? 0) / batch.rows)))
  return {
    version: 1,
    generation: hash([table.schema, table.name, key, mode, cursor?.column ?? null, where]),
    ...{ mode, strategy, level, where },
    from: { schema: table.schema, name: table.name },
    columns: mapped.map(({ to }) => held(to, tools.destinationKind(definition.name))),
    sourceColumns: mapped.map(({ from }) => from),
    key,
    distinctBy: isUnique ? null : (cursorName ?? ''),
    asText: reader.system === tools.destinationKind(definition.name) && hooks.rowHooks === undefined,
    ...(reader.isMarked && { isMarked: reader.isMarked }),
    into: intoOf(config.into ?? stream, tools.schema(definition.name)),
    create: { table: config.create.table, columns: config.create.columns === 'add' },
    stamp: mode === 'snapshot' ? '_snapshot_at' : null,
    shardBy: first?.from.type === 'int64' && shards > 1 ? first.from.name : null,
    shards,
    workers,
    ...(table.fingerprint !== undefined && { fingerprint: table.fingerprint }),
    ...hooks,
  }
}

/** Changes that hooks make to a plan: the scripts of its rows, and the statements in its transaction. */
async function hooksOf({ definition, config, tools }: StreamContext): Promise<Pick<WindowPlan, 'rowHooks' | 'within'>> {
  const all = [definition.config.hooks, config.hooks]
  const scripts = hooksAt('row.before', all).flatMap(({ hook }) => ('script' in hook ? [hook] : []))
  const statements = (side: 'before' | 'after') =>
    hooksAt(`window.${side}`, all).flatMap(({ hook }) => ('sql' in hook && hook.inTransaction ? [hook.sql] : []))
  const within = { before: statements('before'), after: statements('after') }
  const hashes = await Promise.all(scripts.map((hook) => tools.hashHook?.(hook)))
  return {
    ...(scripts.length > 0 && { rowHooks: hash(hashes) }),
    ...(within.before.length + within.after.length > 0 && { within }),
  }
}

/** A column with the values that the destination does not have. */
function held(column: WrittenColumn, destination: string): WrittenColumn {
  const refuses = refusalsOf(destination, column)
  return refuses.length === 0 ? column : { ...column, refuses }
}

const MOST_SHARDS = 10_000

/** Rows of a snapshot and rows that never change are only added. */
function strategyOf({ mode, onConflict }: TableConfig): Strategy {
  return mode === 'snapshot' || mode === 'append' ? 'append' : onConflict
}

function intoOf(text: string, schema: string): WindowPlan['into'] {
  // A path of a file.
  if (schema === '') return { schema, name: text }
  const [first = text, ...rest] = text.split('.')
  return rest.length === 0 ? { schema, name: text } : { schema: first, name: rest.join('.') }
}

interface Described {
  readonly table: DiscoveredTable
  readonly mapped: readonly MappedColumn[]
}

/** Names of the key at the destination: those that the pipeline says, or the primary key of the source. */
function keyOf(stream: string, config: TableConfig, { table, mapped }: Described): readonly string[] {
  const names = config.key ?? table.primaryKey
  const found = names.map((name) => mapped.find(({ from, to }) => to.name === name || from.name === name)?.to.name)
  const lost = names.find((_, at) => found[at] === undefined)
  if (lost !== undefined)
    throw new DaybreakError(
      'CONFIG_INVALID',
      `the key of ${stream} names ${JSON.stringify(lost)}, which is no column of it`,
    )
  const strategy = strategyOf(config)
  if (names.length === 0 && strategy !== 'replace' && strategy !== 'append')
    throw new DaybreakError(
      'CONFIG_INVALID',
      `${stream} has no key: ${sourceText(table)} has no primary key, and \`on_conflict: ${strategy}\` finds rows by one. Say \`key: [...]\``,
    )
  return found.flatMap((name) => name ?? [])
}

function hasUnique(table: DiscoveredTable, key: readonly string[], mapped: readonly MappedColumn[]): boolean {
  const names = key.map((name) => mapped.find(({ to }) => to.name === name)?.from.name)
  const isSame = (columns: readonly string[]) => columns.length > 0 && columns.every((name) => names.includes(name))
  return isSame(table.primaryKey) || table.uniqueKeys.some(isSame)
}

function expectCursor(stream: string, column: string, { table, mapped }: Described): string {
  if (!table.columns.some(({ name }) => name === column))
    throw new DaybreakError(
      'CONFIG_INVALID',
      `the cursor of ${stream} is ${JSON.stringify(column)}, which ${sourceText(table)} does not have`,
    )
  const found = mapped.find(({ from }) => from.name === column)
  if (found) return found.to.name
  throw new DaybreakError(
    'CONFIG_INVALID',
    `the cursor of ${stream}, ${JSON.stringify(column)}, is left out of its columns`,
  )
}

interface Ranging {
  readonly reader: TableReader
  readonly shape: Shape
  readonly before: WindowPlan | null
}

/** The range of the cursor that the next window reads; null for all rows. */
async function rangeOf(
  { stream, config: { cursor } }: StreamContext,
  { reader, shape, before }: Ranging,
): Promise<CursorRange | null | 'none'> {
  if (cursor === undefined) return null
  const { from: table, where, mode } = shape
  const { high, rows, nulls } = await reader.bounds(
    { table, where },
    { column: cursor.column, lag: toMilliseconds(cursor.lag) },
  )
  if (nulls > 0n && cursor.nulls === undefined)
    throw new DaybreakError(
      'CONFIG_INVALID',
      `${nulls} of ${rows} rows of ${stream} have no ${cursor.column}; say \`nulls: include\` to read them with every window, or \`nulls: reject\` to leave them out`,
    )
  const withNulls = nulls > 0n && cursor.nulls === 'include'
  if (high === null) return 'none'
  const last = before?.generation === shape.generation ? (before.range?.high ?? null) : null
  if (last === null) return { column: cursor.column, low: null, high, withNulls }
  if (mode === 'append')
    return last === high && !withNulls ? 'none' : { column: cursor.column, low: last, high, withNulls }
  const low = await reader.earlier({ table, column: cursor.column }, last, toMilliseconds(cursor.overlap))
  return low === high && !withNulls ? 'none' : { column: cursor.column, low, high, withNulls }
}
