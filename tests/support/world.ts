import { cp, mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { openFolderSource } from '../../functions/adapters/folder/source.ts'
import { compose, type Daybreak } from '../../functions/compose.ts'
import { LocationsConfig } from '../../functions/config/config.ts'
import { loadProject, type Project } from '../../functions/config/project.ts'
import type { Contract } from '../../functions/contract/contract.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { Models } from '../../functions/models/order.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Run, RunScope } from '../../functions/pipeline/entities.ts'
import type { Clock, Log, Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { writeFreshLedger } from './fresh-ledger.ts'

/** The checkout. */
export const ROOT = resolve(import.meta.dirname, '../..')

export const silent: Log = () => undefined

export interface World {
  /** Where everything of this world lies; deleted by `close`. */
  readonly home: string
  /** Root of the source: `<location>/<YYYYMMDD>/<file>`. */
  readonly source: string
  readonly project: Project
  readonly clock: ReturnType<typeof createVirtualClock>
  /** Milliseconds between two looks at a new file. */
  readonly minimumAge: number
  /** Writes a file of the source, last modified at an instant; by default an hour ago. */
  write(path: string, content: string | Uint8Array, modifiedAt?: number): Promise<void>
  /** A process of its own: fresh ports over what is on disk. */
  open(wrap?: (ports: Ports) => Ports, more?: { clock?: Clock; log?: Log; signal?: AbortSignal }): Promise<Daybreak>
  /** Opens, runs until the queue is empty or the signal aborts, closes. */
  run(
    request?: { trigger?: Run['trigger']; scope?: RunScope },
    wrap?: (ports: Ports) => Ports,
    signal?: AbortSignal,
  ): Promise<Run>
  close(): Promise<void>
}

export interface WorldOptions {
  readonly now: number
  readonly locations?: readonly Record<string, unknown>[]
  /** Shared by the worlds of one test file: opening one takes longer than most of what a world does. */
  readonly transformer?: Transformer
  /** Milliseconds between two looks at a new file; two minutes unless told, or those of the world that this one begins with. */
  readonly minimumAge?: number
  readonly env?: Record<string, string>
  /** Optional streams in addition to those of the project's pipeline. */
  readonly contracts?: readonly Contract[]
  /** Only these of the streams that a restaurant is expected to deliver, where two of them prove what seven would. */
  readonly streams?: readonly string[]
  /** Profiles of the columns as well, which most tests are not about: a load more for each date. */
  readonly profiles?: boolean
  /** Models that are built; none unless told. */
  readonly models?: Models
  /** The project as the files say it, changed. */
  readonly change?: (project: Project) => Project
  /** Around the ports of every process. */
  readonly wrap?: (ports: Ports) => Ports
  /** In the place of `signed_days` of every pipeline. */
  readonly signedDays?: 'load'
  /** Begins with the disk and the time of another world, which must be at rest. */
  readonly from?: World
}

const LOCATIONS = [{ id: '185001', name: 'East', time_zone: 'America/New_York' }]

/** A laptop of its own: the real adapters over a temporary folder, the project's real configuration, and a virtual clock. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const { now, locations = LOCATIONS, transformer, wrap: always = (ports) => ports, env = {}, from } = options
  const { minimumAge = from?.minimumAge ?? 120_000 } = options
  const home = await mkdtemp(join(tmpdir(), 'daybreak-world-'))
  const source = join(home, 'source')
  if (from) await cp(from.home, home, { recursive: true, preserveTimestamps: true })
  await mkdir(source, { recursive: true })
  // The same key in every world: it is part of what a part is made of, and so of its name.
  await mkdir(join(home, 'data', 'secrets'), { recursive: true })
  await writeFile(join(home, 'data', 'secrets', 'hash_key'), 'a key of all worlds, 32 bytes or more')
  if (!from) await writeFreshLedger(join(home, 'data', 'ledger.sqlite'))
  const loaded = from ? moved(from.project, { from: from.home, to: home }) : await ownProject(env, join(home, 'data'))
  const narrowed = options.streams ? withStreams(loaded, options.streams) : loaded
  const profiled = withProfiles(narrowed, options.profiles ?? false)
  const contracted = options.contracts ? withContracts(profiled, options.contracts) : profiled
  const project = options.signedDays ? withSignedDays(contracted, options.signedDays) : contracted
  const clock = createVirtualClock({ now: from?.clock.now() ?? now })
  const places = LocationsConfig.parse({ version: 1, locations }).locations
  let written = 0
  const world: World = {
    home,
    source,
    project,
    clock,
    minimumAge,
    async write(path, content, modifiedAt = clock.now() - 3_600_000) {
      const target = join(source, path)
      await mkdir(dirname(target), { recursive: true })
      // A rename shows the file whole and with its time, because a run may be listing the folder.
      const incoming = join(home, `incoming-${++written}`)
      await writeFile(incoming, content)
      await utimes(incoming, modifiedAt / 1000, modifiedAt / 1000)
      await rename(incoming, target)
    },
    open: (wrap = (ports) => ports, more = {}) =>
      compose(options.change?.(project) ?? project, {
        clock,
        log: silent,
        locations: places,
        source: {
          connector: openFolderSource({ root: source, maxFileBytes: 1e9, log: silent }),
          root: source,
          minimumAge,
        },
        ...(transformer && { transformer }),
        models: options.models ?? new Map(),
        wrap: (ports) => wrap(always(ports)),
        ...more,
      }),
    async run({ trigger = 'cli', scope = {} } = {}, wrap, signal) {
      const daybreak = await world.open(wrap, signal && { signal })
      try {
        return await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger, scope }))
      } finally {
        await daybreak.close()
      }
    },
    close: () => rm(home, { recursive: true, force: true }),
  }
  return world
}

/** A copy of a world's disk, so that one preparation serves many experiments. */
export async function copyDisk(from: World, to: World): Promise<void> {
  await cp(from.source, to.source, { recursive: true, preserveTimestamps: true })
}

/** The same project with streams that its pipeline does not name. */
function withContracts(project: Project, more: readonly Contract[]): Project {
  const contracts = new Map([
    ...(project.contracts.get('toast') ?? []),
    ...more.map((each) => [each.stream, each] as const),
  ])
  const config = project.pipelines.get('toast')
  if (!config) return project
  const pipelines = new Map([['toast', { ...config, optionalStreams: more.map(({ stream }) => stream) }]])
  return { ...project, pipelines, contracts: new Map([['toast', contracts]]) }
}

const projects = new Map<string, Promise<Project>>()

/** The project of the checkout in a home. A worker reads it once. */
async function ownProject(env: Record<string, string>, home: string): Promise<Project> {
  const first = '/the/home/of/this/world'
  const known = JSON.stringify(env)
  const options = { projectDir: ROOT, environment: 'local', env: { ...env, DAYBREAK_HOME: first } }
  const read = projects.get(known) ?? loadProject(options)
  projects.set(known, read)
  return moved(await read, { from: first, to: home })
}

/** The same project, whose pipeline expects some of its streams and no optional ones. */
function withStreams(project: Project, streams: readonly string[]): Project {
  const config = project.pipelines.get('toast')
  if (!config) return project
  const contracts = new Map([...(project.contracts.get('toast') ?? [])].filter(([stream]) => streams.includes(stream)))
  const pipelines = new Map([['toast', { ...config, streams: [...streams], optionalStreams: [] }]])
  return { ...project, pipelines, contracts: new Map([['toast', contracts]]) }
}

function withProfiles(project: Project, profiles: boolean): Project {
  const pipelines = new Map([...project.pipelines].map(([name, config]) => [name, { ...config, profiles }]))
  return { ...project, pipelines }
}

/** The same project, whose pipelines do this with changes of signed days. */
function withSignedDays(project: Project, signedDays: 'load'): Project {
  const pipelines = [...project.pipelines].map(([name, config]) => [name, { ...config, signedDays }] as const)
  return { ...project, pipelines: new Map(pipelines) }
}

/** The same project in another home. To load one takes longer than most of what a world does. */
function moved(project: Project, { from, to }: { from: string; to: string }): Project {
  const text = JSON.stringify({ home: project.home, secretsDir: project.secretsDir, environment: project.environment })
  return { ...project, ...JSON.parse(text.replaceAll(from, to)) }
}

/** All that matters at the end, without what differs between two runs that did the same: times, ids, versions. */
export async function finalState(world: Pick<World, 'open'>): Promise<FinalState> {
  const daybreak = await world.open()
  try {
    const { ledger, objects } = daybreak.ports
    const warehouse = warehouseOf(daybreak.ports, 'toast')
    const names: string[] = []
    for await (const { name } of objects.list('')) names.push(name)
    const tables: Record<string, unknown> = {}
    for (const { stream } of await ledger.partitions({})) {
      tables[stream] ??= (
        await warehouse.query(
          `SELECT COLUMNS(c -> c NOT IN ('_run_id', '_loaded_at')) FROM toast."${stream}" ORDER BY ALL`,
        )
      ).rows
    }
    return { ...(await ledgerState(ledger)), objects: withoutManifests(names), tables }
  } finally {
    await daybreak.close()
  }
}

/** Part of the final state that is in the ledger. */
export async function ledgerState(ledger: Ports['ledger']): Promise<Omit<FinalState, 'objects' | 'tables'>> {
  const slices = await ledger.slices({})
  const deliveries = await ledger.deliveries({})
  const partitions = await ledger.partitions({})
  const incidents = await ledger.incidents({ states: ['open', 'acknowledged', 'snoozed'] })
  const runs = await ledger.runs({ states: ['queued', 'running'] })
  const messages = await ledger.messages({ states: ['pending'] })
  return {
    slices: slices.map(({ stream, shard: location, window: date, state, reason, delivery, rejects, raw }) => ({
      stream,
      location,
      date,
      state,
      reason,
      raw,
      rejects,
      delivery: delivery && { ...delivery, stagedAt: 0 },
    })),
    deliveries: deliveries
      .map(({ stream, shard: location, window: date, state, raw, counts, totals }) => ({
        stream,
        location,
        date,
        state,
        raw,
        counts,
        totals,
      }))
      .toSorted(byText),
    partitions: partitions.map(({ stream, window: date, state, wanted, loaded, rows, totals }) => ({
      stream,
      date,
      state,
      rows,
      totals,
      current: wanted === loaded,
    })),
    incidents: incidents.map(({ key }) => key).toSorted(),
    open: { runs: runs.length, messages: messages.length },
  }
}

/** Names of objects made of their content alone: manifests are numbered as written, decisions and locations hold times. */
export function withoutManifests(names: readonly string[]): readonly string[] {
  return names.filter((name) => !/^(manifests|decisions|locations)\//.test(name)).toSorted()
}

export interface FinalState {
  readonly objects: readonly string[]
  readonly slices: readonly unknown[]
  readonly deliveries: readonly unknown[]
  readonly partitions: readonly { readonly current: boolean }[]
  readonly incidents: readonly string[]
  /** Runs that have not ended, and messages that no worker handled. */
  readonly open: { readonly runs: number; readonly messages: number }
  readonly tables: Readonly<Record<string, unknown>>
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}
