import { addDays } from '../../lib/business-date.ts'
import type { CompiledModel, Reference } from '../../models/compiled.ts'
import { type BuiltModel, compiledOf, identityOf, type ModelSet } from '../../models/model-set.ts'
import { inputsOf, modelOf, streamPipelines } from '../../models/order.ts'
import { type Input, wantedOf } from '../../models/wanted.ts'
import type { BusinessDate, Slice } from '../entities.ts'
import { type BuildPorts, type BuildTask, dateOf, type SeenBuild } from './task.ts'

/** An input, and the model whose build it is, if that is held or under way. */
interface Read extends Input {
  readonly isUnsettled: boolean
}

/** A range of dates of one table; null for all that there is of it. */
interface Asked {
  readonly table: string
  readonly range: { readonly from: BusinessDate; readonly to: BusinessDate } | null
}

/** Reads everything that decides what a partition of a model should hold: its row, then its inputs. */
export async function lookAtBuild(task: BuildTask, ports: Pick<BuildPorts, 'ledger'>): Promise<SeenBuild> {
  const { model, window } = task
  const { compiled, name, fingerprint, accepts } = model
  const date = dateOf(compiled, window)
  const build = await ports.ledger.build({ model: name, fingerprint: model.table, window })
  const references = inputsOf(name, compiled).flatMap((reference) => throughViews(reference, task.set))
  const read = await readInputs(references, { date, task }, ports)
  const { complete, missing } = await readLocations(task, date, ports)
  const nameOf = (version: string) =>
    wantedOf({ fingerprint: identityOf(model, version), inputs: read, locations: complete })
  const unsettled = read.find(({ isUnsettled }) => isUnsettled)
  return {
    build,
    wanted: nameOf(fingerprint),
    accepted: accepts.map(nameOf),
    span: { date, locations: complete, absent: absentOf(references, read) },
    missing,
    isEmpty: isNothing(references, { read, date, complete }),
    blockedBy: unsettled ? `${modelOf(unsettled)} of ${unsettled.window}` : null,
  }
}

/** Tables that hold nothing of what is read: a file that no location delivers, or a model that reads only such files. */
function absentOf(references: readonly Reference[], read: readonly Read[]): ReadonlySet<string> {
  const there = new Set(read.filter(({ content }) => content !== '').map(({ table }) => table))
  return new Set(references.map(({ table }) => table).filter((table) => !there.has(table)))
}

/** The tables behind a reference: those of a view's own query, at the dates that both ask for. */
function throughViews(reference: Reference, set: ModelSet): readonly Reference[] {
  const view = set.get(modelOf(reference) ?? '')?.compiled
  if (view?.kind !== 'view') return [reference]
  return view.references.flatMap((inner) => throughViews(shifted(inner, reference), set))
}

function shifted(inner: Reference, outer: Reference): Reference {
  if (!inner.isPartitioned || !outer.isPartitioned) return inner
  return { ...inner, dates: { from: inner.dates.from + outer.dates.from, to: inner.dates.to + outer.dates.to } }
}

/** True when no table has anything for the date itself. */
function isNothing(
  references: readonly Reference[],
  {
    read,
    date,
    complete,
  }: {
    readonly read: readonly Read[]
    readonly date: BusinessDate | null
    readonly complete: readonly string[] | null
  },
): boolean {
  if (complete?.length === 0) return true
  if (date === null || !references.some(({ isPartitioned }) => isPartitioned)) return false
  const there = read.filter(({ content }) => content !== '')
  const own = references.filter((one) => one.isPartitioned && one.dates.from <= 0 && one.dates.to >= 0)
  if (own.length === 0) return there.length === 0
  const isThere = new Set(there.map(({ table, window }) => `${table}/${window}`))
  return !own.some(({ table }) => isThere.has(`${table}/${date}`))
}

async function readInputs(
  references: readonly Reference[],
  { date, task }: { readonly date: BusinessDate | null; readonly task: BuildTask },
  ports: Pick<BuildPorts, 'ledger'>,
): Promise<readonly Read[]> {
  const asked = unique(references.map((reference) => askedOf(reference, date)))
  const models = asked.filter((one) => modelOf(one) !== null)
  const streams = asked.filter((one) => modelOf(one) === null)
  const ofModels = await Promise.all(models.map((one) => readModel(one, task, ports)))
  const groups = Map.groupBy(streams, ({ table, range }) => JSON.stringify([pipelineOf(table), range]))
  const ofStreams = await Promise.all([...groups.values()].map((group) => readStreams(group, ports)))
  return [...ofModels, ...ofStreams].flat()
}

function askedOf(reference: Reference, date: BusinessDate | null): Asked {
  const { table } = reference
  if (!reference.isPartitioned || date === null) return { table, range: null }
  const { from, to } = reference.dates
  return { table, range: { from: addDays(date, from), to: addDays(date, to) } }
}

function unique(asked: readonly Asked[]): readonly Asked[] {
  return [...new Map(asked.map((one) => [JSON.stringify(one), one])).values()]
}

async function readModel({ table, range }: Asked, { set }: BuildTask, { ledger }: Pick<BuildPorts, 'ledger'>) {
  const model = set.get(modelOf({ table }) ?? '')
  if (!model) return []
  const windows = range === null ? undefined : daysOf(range)
  const filter = { model: model.name, fingerprint: model.table, ...(windows && { windows }) }
  const builds = await ledger.builds(filter)
  return builds.map(
    ({ window, built, state }): Read => ({ table, window, content: built, isUnsettled: state !== 'idle' }),
  )
}

/** Streams of one pipeline and one range, by one query. */
async function readStreams(asked: readonly Asked[], { ledger }: Pick<BuildPorts, 'ledger'>) {
  const [first] = asked
  if (!first) return []
  const streams = asked.map(({ table }) => streamOf(table))
  const partitions = await ledger.partitions({ pipeline: pipelineOf(first.table), streams, ...first.range })
  return partitions.map(({ pipeline, stream, window, loaded }): Read => {
    const content = loaded === 0 ? '' : String(loaded)
    return { table: `${pipeline}.${stream}`, window, content, isUnsettled: false }
  })
}

function daysOf({ from, to }: { readonly from: BusinessDate; readonly to: BusinessDate }): readonly BusinessDate[] {
  const days: BusinessDate[] = []
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day)
  return days
}

function pipelineOf(table: string): string {
  return table.split('.')[0] ?? ''
}

function streamOf(table: string): string {
  return table.split('.')[1] ?? ''
}

interface Locations {
  /** Null where the model asks for no completeness. */
  readonly complete: readonly string[] | null
  readonly missing: readonly string[]
}

/** Locations whose slices of all streams that the model needs are in the tables, and those that lack some. */
async function readLocations(
  { model, set }: BuildTask,
  date: BusinessDate | null,
  { ledger }: Pick<BuildPorts, 'ledger'>,
): Promise<Locations> {
  if (model.compiled.needs.length === 0 || date === null) return { complete: null, missing: [] }
  const tables = tablesNeeded(model, set)
  const pipelines = Map.groupBy(tables, pipelineOf)
  const slices = await Promise.all(
    [...pipelines].map(([pipeline, own]) => ledger.slices({ pipeline, streams: own.map(streamOf), windows: [date] })),
  )
  return completeOf(slices.flat().map(standingOf), tables)
}

/** Pure: tables of the streams that a model needs before a location enters. */
export function tablesNeeded({ compiled }: Pick<BuiltModel, 'compiled'>, set: ModelSet): ReadonlySet<string> {
  return new Set(compiled.needs.map((need) => tableNeeded(need, compiled, set)))
}

/** Table of a stream that a model needs: one that it reads, or one of the pipeline that models read. */
function tableNeeded(need: string, { references }: CompiledModel, set: ModelSet): string {
  const read = references.find(({ table }) => table === need || streamOf(table) === need)
  const [pipeline = ''] = streamPipelines(compiledOf(set))
  return read?.table ?? (need.includes('.') ? need : `${pipeline}.${need}`)
}

/** How a location stands with one table on a date. `waived`: nothing is expected. */
export interface Standing {
  readonly location: string
  readonly table: string
  readonly state: 'shown' | 'waived' | 'open'
}

/** Pure: which locations of one date are complete. One that is closed on that date takes no part. */
export function completeOf(standings: readonly Standing[], tables: ReadonlySet<string>): Locations {
  const byLocation = Map.groupBy(standings, ({ location }) => location)
  const found = [...byLocation].map(([location, own]) => {
    const settled = own.filter(({ state }) => state !== 'open')
    const isWhole = new Set(settled.map(({ table }) => table)).size === tables.size
    return { location, isWhole, isClosed: own.every(({ state }) => state === 'waived') }
  })
  const open = found.filter(({ isClosed }) => !isClosed)
  const namesOf = (whole: boolean) => open.filter((one) => one.isWhole === whole).map(({ location }) => location)
  return { complete: namesOf(true).toSorted(), missing: namesOf(false).toSorted() }
}

function standingOf(slice: Slice): Standing {
  const { pipeline, stream, shard: location, state } = slice
  const table = `${pipeline}.${stream}`
  return { location, table, state: isShown(slice) ? 'shown' : state === 'waived' ? 'waived' : 'open' }
}

/** True when the table has rows of the slice: those of its newest file, or of the one before. */
function isShown({ state, delivery, firstLoadedAt }: Slice): boolean {
  return state === 'loaded' || (delivery !== null && firstLoadedAt !== null)
}
