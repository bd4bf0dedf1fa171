import { join } from 'node:path'
import { DaybreakError } from '../../errors.ts'
import { addDays } from '../../lib/business-date.ts'
import type { Reference } from '../../models/compiled.ts'
import { type BuiltModel, compiledOf, type ModelSet, modelSet } from '../../models/model-set.ts'
import { inBuildOrder, type Models, modelOf } from '../../models/order.ts'
import { type PipelineDefinition, tableFor } from '../definition.ts'
import type { LoadEntry, ModelWarehouse } from '../destination.ts'
import type { BusinessDate, Instant, LoadRecord, Manifest, Slice } from '../entities.ts'
import { manifestName, parseManifest } from '../manifest.ts'
import type { Ports } from '../ports.ts'
import { readShown } from './releases.ts'
import { querySql, tableSql } from './sql.ts'
import { DATASETS, dateOf, stagingOf, tableOfModel } from './task.ts'
import { completeOf, type Standing, tablesNeeded } from './wanted.ts'

/** A partition of a model as it followed from what the tables held at an instant. */
export interface AsOfRequest {
  readonly model: string
  readonly date: BusinessDate
  readonly at: Instant
  /** Columns to give, in their order. */
  readonly columns: readonly string[]
}

/** Rows of a partition as of an instant. */
export interface AsOfAnswer {
  readonly rows: readonly (readonly (string | null)[])[]
  /** Release of the models that views showed then. Null before the first one, and where the present models stand in for it. */
  readonly release: number | null
  /** True where a model of that release is no longer kept, so that the rows are those of the present models. */
  readonly isByPresentModels: boolean
  /** Locations that lacked files. */
  readonly missing: readonly string[]
}

/** Ports and parts of a project that the past is computed from. */
interface AsOfPorts extends Pick<Ports, 'ledger' | 'objects' | 'clock'> {
  readonly definitions: ReadonlyMap<string, PipelineDefinition>
  /** As config/models/compiled.json has them. */
  readonly compiled: Models
  /** An empty warehouse, and the folder that it and the parts are in. */
  readonly scratch: { readonly warehouse: ModelWarehouse; readonly folder: string }
}

/**
 * Computes a partition of a model from the manifests that were loaded at an instant, with the models that views showed then: the
 * files, and so the answer, are the same whichever warehouse the tables are in. Changes nothing but the scratch warehouse.
 * @throws {DaybreakError} NOT_FOUND for a model that does not exist, and for an instant before the history of loads begins;
 * MODEL_FAILED, OBJECT_MISSING.
 */
export async function modelAsOf(request: AsOfRequest, ports: AsOfPorts): Promise<AsOfAnswer> {
  const { set, release, isByPresentModels } = await modelsAt(request.at, ports)
  const model = set.get(request.model)
  if (!model) return { rows: [], release, isByPresentModels, missing: [] }
  const past = new Past(request.at, set, ports)
  const missing = await past.build(model, request.date)
  return { rows: await past.rows(model, request), release, isByPresentModels, missing }
}

async function modelsAt(at: Instant, { ledger, compiled }: Pick<AsOfPorts, 'ledger' | 'compiled'>) {
  const releases = await ledger.modelReleases({ environment: DATASETS.views })
  const found = releases.find((release) => release.at <= at)
  if (found === undefined) return { set: modelSet(new Map()), release: null, isByPresentModels: false }
  const { set } = await readShown(compiled, found, { ledger })
  const isKept = Object.keys(found.versions).every((name) => set.has(name))
  return isKept
    ? { set, release: found.number, isByPresentModels: false }
    : { set: modelSet(compiled), release: null, isByPresentModels: true }
}

type Needed = Map<string, Set<string>>

/** The tables of an instant, made in a scratch warehouse as far as one partition needs them. */
class Past {
  readonly #at: Instant
  readonly #set: ModelSet
  readonly #ports: AsOfPorts
  readonly #manifests = new Map<string, Manifest | null>()
  /** Partitions with rows: `models.daily_sales/2025-02-05`. */
  readonly #there = new Set<string>()

  constructor(at: Instant, set: ModelSet, ports: AsOfPorts) {
    this.#at = at
    this.#set = set
    this.#ports = ports
  }

  /** Makes a partition, after all that it is made of. Gives the locations that it lacks. */
  async build(model: BuiltModel, date: BusinessDate): Promise<readonly string[]> {
    const models: Needed = new Map()
    const streams: Needed = new Map()
    need(model, date, { set: this.#set, models, streams })
    for (const [table, windows] of streams) await this.#load(table, [...windows].toSorted())
    let missing: readonly string[] = []
    for (const name of inBuildOrder(compiledOf(this.#set))) {
      const own = this.#set.get(name)
      for (const window of [...(models.get(name) ?? [])].toSorted()) if (own) missing = await this.#make(own, window)
    }
    return missing
  }

  async rows(model: BuiltModel, { date, columns }: AsOfRequest): Promise<AsOfAnswer['rows']> {
    const { warehouse } = this.#ports.scratch
    if (!this.#there.has(`models.${model.name}/${date}`)) return []
    const { identifier, literal } = warehouse.dialect
    const list = columns.map(identifier).join(', ')
    const { partitionBy } = model.compiled
    const where = partitionBy === null ? '' : ` WHERE ${identifier(partitionBy)} = DATE ${literal(date)}`
    const { rows } = await warehouse.query(
      `SELECT ${list} FROM ${tableSql(tableOfModel(model), warehouse.dialect)}${where}`,
    )
    return rows
  }

  async #load(table: string, windows: readonly BusinessDate[]): Promise<void> {
    const [pipeline = '', stream = ''] = table.split('.')
    const { definitions, scratch } = this.#ports
    const definition = definitions.get(pipeline)
    if (!definition) return
    const own = tableFor(definition, stream)
    await scratch.warehouse.ensureTable(own)
    await this.#see(table, windows)
    for (const window of windows) {
      const manifest = this.#manifests.get(`${table}/${window}`) ?? null
      if (manifest === null || manifest.entries.length === 0) continue
      const entries = await this.#fetched(manifest)
      const id = `asof-${stream}-${window}`
      await scratch.warehouse.startLoad({ id, table: own, window, content: id, entries, runId: '' })
      const status = await scratch.warehouse.loadStatus({ id, table: own, window })
      if (status?.state === 'failed')
        throw new DaybreakError('LOAD_REJECTED', `${table} of ${window} as of then: ${status.message}`)
      this.#there.add(`${table}/${window}`)
    }
  }

  /** Reads the manifests of some partitions. */
  async #see(table: string, windows: readonly BusinessDate[]): Promise<void> {
    const [pipeline = '', stream = ''] = table.split('.')
    const loads = await this.#ports.ledger.loads({ pipeline, streams: [stream], windows })
    const byWindow = Map.groupBy(loads, ({ window }) => window)
    for (const window of windows)
      this.#manifests.set(`${table}/${window}`, await this.#manifestOf(byWindow.get(window) ?? []))
  }

  /** The manifest that a table equalled at the instant; null before its first load. */
  async #manifestOf(loads: readonly LoadRecord[]): Promise<Manifest | null> {
    const then = loads.filter(({ at }) => at <= this.#at).at(-1)
    const [first] = loads
    if (then !== undefined) return parseManifest(await this.#ports.objects.get(manifestName(then, then.number)))
    if (first === undefined || first.number === 1) return null
    const { pipeline, stream, window, at } = first
    const message = `what ${pipeline}.${stream} held of ${window} before ${new Date(at).toISOString()} is not on record: the history of its loads begins then`
    throw new DaybreakError('NOT_FOUND', message)
  }

  async #fetched({ stream, window, entries }: Manifest): Promise<readonly LoadEntry[]> {
    const { objects, scratch } = this.#ports
    return await Promise.all(
      entries.map(async (entry, at) => {
        const { object, ...part } = entry.part
        const uri = join(scratch.folder, `${stream}-${window}-${at}.parquet`)
        await objects.fetch(object, uri)
        return { ...entry, part: { ...part, uri } }
      }),
    )
  }

  async #make(model: BuiltModel, window: string): Promise<readonly string[]> {
    const { compiled, name } = model
    if (compiled.kind === 'view') return []
    if (compiled.kind === 'script')
      throw new DaybreakError(
        'USAGE_INVALID',
        `${name} is a script model; expected a model of SQL for an instant of the past`,
      )
    const { warehouse } = this.#ports.scratch
    const date = dateOf(compiled, window)
    await warehouse.prepareTable(tableOfModel(model))
    const { complete, missing } = await this.#locations(model, date)
    const absent = this.#absentOf(compiled.references, date)
    const tables = new Set(compiled.references.map(({ table }) => table))
    if (complete?.length === 0 || (tables.size > 0 && absent.size === tables.size)) return missing
    const task = { model, set: this.#set, window, environment: '' }
    const id = `asof-${name}-${window}`
    const from = stagingOf(model, id)
    const sql = querySql(compiled.sql, {
      task,
      span: { date, locations: complete, absent },
      dialect: warehouse.dialect,
    })
    await warehouse.startBuild({ id, into: from, window: date, sql, labels: {} })
    const status = await warehouse.buildStatus(id)
    if (status?.state !== 'done')
      throw new DaybreakError(
        'MODEL_FAILED',
        `${name} of ${window} as of then: ${status?.state === 'failed' ? status.message : 'the query did not end'}`,
      )
    await warehouse.publishPartition({
      id: `${id}-publish`,
      from,
      to: tableOfModel(model),
      window: date,
      rows: status.rows,
      labels: {},
    })
    this.#there.add(`models.${name}/${window}`)
    return missing
  }

  /** Tables without rows in what a partition reads. */
  #absentOf(references: readonly Reference[], date: BusinessDate | null): ReadonlySet<string> {
    const own = (reference: Reference) => throughViews(reference, this.#set)
    const lacking = references.flatMap(own).filter((reference) => {
      const windows = windowsOf(reference, date)
      return !windows.some((window) => this.#there.has(`${reference.table}/${window}`))
    })
    return new Set(lacking.map(({ table }) => table))
  }

  async #locations(model: BuiltModel, date: BusinessDate | null) {
    if (model.compiled.needs.length === 0 || date === null) return { complete: null, missing: [] }
    const tables = tablesNeeded(model, this.#set)
    const names = [...tables].map((table) => table.split('.'))
    const pipeline = names[0]?.[0] ?? ''
    const streams = names.map(([, stream = '']) => stream)
    const slices = await this.#ports.ledger.slices({ pipeline, streams, windows: [date] })
    for (const table of tables) if (!this.#manifests.has(`${table}/${date}`)) await this.#see(table, [date])
    return completeOf(
      slices.map((slice) => this.#standingOf(slice)),
      tables,
    )
  }

  #standingOf({ pipeline, stream, shard, window, state }: Slice): Standing {
    const table = `${pipeline}.${stream}`
    const isShown = this.#manifests.get(`${table}/${window}`)?.entries.some((entry) => entry.shard === shard) === true
    return { table, location: shard, state: isShown ? 'shown' : state === 'waived' ? 'waived' : 'open' }
  }
}

interface Needing {
  readonly set: ModelSet
  readonly models: Needed
  readonly streams: Needed
}

/** Adds a partition of a model, and all partitions that it reads. */
function need(model: BuiltModel, window: string, needing: Needing): void {
  if (!add(needing.models, model.name, window)) return
  const { compiled, name } = model
  const date = dateOf(compiled, window)
  for (const reference of compiled.references.flatMap((each) => throughViews(each, needing.set))) {
    const read = modelOf(reference)
    if (read === null && (date === null || !reference.isPartitioned)) throw unbounded(name, reference.table)
    const own = read === null ? null : needing.set.get(read)
    for (const each of windowsOf(reference, date)) {
      if (own) need(own, each, needing)
      else add(needing.streams, reference.table, each)
    }
  }
}

/** False where it was there before. */
function add(needed: Needed, name: string, window: string): boolean {
  const windows = needed.get(name) ?? new Set()
  needed.set(name, windows)
  const isNew = !windows.has(window)
  windows.add(window)
  return isNew
}

/** Partitions that a reference reads; `all` of a table without. */
function windowsOf(reference: Reference, date: BusinessDate | null): readonly string[] {
  if (!reference.isPartitioned || date === null) return ['all']
  const { from, to } = reference.dates
  return Array.from({ length: to - from + 1 }, (_, at) => addDays(date, from + at))
}

/** The tables behind a reference: those of a view's own query. */
function throughViews(reference: Reference, set: ModelSet): readonly Reference[] {
  const view = set.get(modelOf(reference) ?? '')?.compiled
  return view?.kind === 'view' ? view.references.flatMap((inner) => throughViews(inner, set)) : [reference]
}

function unbounded(model: string, table: string): DaybreakError {
  const message = `${model} reads all dates of ${table}; expected a model whose partitions read some dates, for an instant of the past`
  return new DaybreakError('USAGE_INVALID', message)
}
