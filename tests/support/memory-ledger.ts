import { isDeepStrictEqual } from 'node:util'
import { DaybreakError } from '../../functions/errors.ts'
import { conflict } from '../../functions/ledger/compare-and-set.ts'
import { withUnchanged } from '../../functions/ledger/unchanged.ts'
import { byTime, DATES_ONLY, isDated, timeOf } from '../../functions/lib/window-time.ts'
import {
  type AuditEntry,
  type Backfill,
  type Build,
  type BuildKey,
  type DeliveryRecord,
  type ImportedLocation,
  type Incident,
  isWaiting,
  type KeptFile,
  type KnownConstant,
  type LoadRecord,
  type Mark,
  type Message,
  type ModelRelease,
  type ModelVersion,
  type Partition,
  type Run,
  type RunSlice,
  type Slice,
  type SliceKey,
  TERMINAL_RUN_STATES,
  type WaitingLoad,
  type WindowRecord,
} from '../../functions/pipeline/entities.ts'
import type { Change, Ledger, MessageFilter, Page, SliceFilter } from '../../functions/pipeline/ports.ts'
import { WORDS } from '../../functions/pipeline/words.ts'

type Checks = Awaited<ReturnType<Ledger['checks']>>[number]

/** Rows by key; a table remembers how to undo what was done to it since a transaction began. */
interface Table<Row> {
  get(key: string): Row | undefined
  put(key: string, row: Row): void
  delete(key: string): void
  rows(): readonly Row[]
}

const sliceKey = ({ pipeline, stream, shard: location, window: date }: SliceKey) =>
  `${date}\0${location}\0${stream}\0${pipeline}`
const buildKey = ({ window, model, fingerprint }: BuildKey) => `${window}\0${model}\0${fingerprint}`
const buildName = ({ window, model, fingerprint }: BuildKey) => `${model}/${fingerprint}/${window}`
const byKey = (a: SliceKey, b: SliceKey) => compare(sliceKey(a), sliceKey(b))
const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0)
const isMatch = (place: Partial<Incident>, row: Incident) =>
  Object.entries(place).every(
    ([name, value]) => value === undefined || Object.entries(row).some(([own, is]) => own === name && is === value),
  )
const isIn = <Value>(values: readonly Value[] | undefined, value: Value) => values?.includes(value) ?? true

/** A ledger in maps, many times faster than one on a disk: for simulations that make a million calls. Its contract suite proves it. */
export function createMemoryLedger(): Ledger {
  let undo: (() => void)[] = []
  const table = <Row>(): Table<Row> => {
    const map = new Map<string, Row>()
    const remember = (key: string) => {
      const had = map.has(key)
      const old = map.get(key)
      undo.push(() => void (had && old !== undefined ? map.set(key, old) : map.delete(key)))
    }
    return {
      get: (key) => map.get(key),
      put: (key, row) => {
        remember(key)
        map.set(key, row)
      },
      delete: (key) => {
        remember(key)
        map.delete(key)
      },
      rows: () => [...map.values()],
    }
  }
  const slices = table<Slice>()
  const partitions = table<Partition>()
  const runs = table<Run>()
  const messages = table<Message>()
  const backfills = table<Backfill>()
  const deliveries = table<DeliveryRecord>()
  const keptFiles = table<KeptFile>()
  const runSlices = table<{ readonly runSlice: RunSlice; readonly at: number }>()
  const checks = table<readonly Checks[]>()
  const incidents = table<Incident>()
  const audit = table<AuditEntry>()
  const marks = table<Mark>()
  const windows = table<WindowRecord>()
  const imported = table<ImportedLocation>()
  const constants = table<KnownConstant>()
  const builds = table<Build>()
  const versions = table<ModelVersion>()
  const releases = table<ModelRelease>()
  const loads = table<LoadRecord>()
  let made = 0
  const newKey = () => String(++made).padStart(12, '0')

  const set = <Row extends { readonly version: number }>(
    rows: Table<Row>,
    row: Row,
    [table, name, key = name]: readonly [table: string, name: string, key?: string],
  ) => {
    const stored = rows.get(key)?.version ?? 0
    if (stored !== row.version) throw conflict({ table, key: name, version: row.version }, stored)
    rows.put(key, { ...structuredClone(row), version: row.version + 1 })
  }
  const setSlice = (slice: Slice) => {
    const { pipeline, stream, shard: location, window: date } = slice
    set(slices, known(slice, SLICE_STATES), ['slices', [pipeline, stream, location, date].join('/'), sliceKey(slice)])
  }
  const setPartition = (partition: Partition) => {
    const { pipeline, stream, window: date } = partition
    set(partitions, partition, ['partitions', [pipeline, stream, date].join('/'), partitionKey(partition)])
  }
  const hasPending = (id: string) => messages.rows().some(({ runId, state }) => runId === id && state === 'pending')
  const setRun = (run: Run) => {
    const stored = runs.get(run.id)
    if (!stored || !TERMINAL_RUN_STATES.includes(stored.state)) {
      const isStopped = run.state === 'cancelled' || run.state === 'timed_out'
      if (TERMINAL_RUN_STATES.includes(run.state) && !isStopped && hasPending(run.id))
        throw new DaybreakError('LEDGER_CONFLICT', `run ${run.id} has a pending message`)
      return set(runs, run, ['runs', run.id])
    }
    if (isDeepStrictEqual(stored, { ...run, version: stored.version })) return
    throw new DaybreakError('LEDGER_CONFLICT', `run ${run.id} ended as ${stored.state}`)
  }
  const unresolved = (key: string) => incidents.rows().find((one) => one.key === key && one.state !== 'resolved')
  const subjects = table<readonly string[]>()
  const withSubjects = (incident: Incident): Incident => {
    const all = incident.state === 'resolved' ? [] : (subjects.get(incident.key) ?? [])
    return { ...incident, subjects: { count: all.length, first: all.toSorted().slice(0, 5) } }
  }
  const open = (opened: Extract<Change, { change: 'incident_opened' }>) => {
    const { change: _, subject, severity, reason, runId, at, ...cause } = opened
    const { key } = cause
    const known = unresolved(key)
    if (subject !== undefined) subjects.put(key, [...new Set([...(subjects.get(key) ?? []), subject])])
    const gravest = subject !== undefined && known?.severity === 'error' ? 'error' : severity
    const words = { severity: gravest, reason, runId, updatedAt: at }
    if (known) {
      const wakes = known.state === 'snoozed' && known.snoozedUntil !== null && known.snoozedUntil <= at
      const state = wakes ? 'open' : known.state
      return incidents.put(known.id, { ...known, ...words, state, occurrences: known.occurrences + 1 })
    }
    const id = newKey()
    const times = { openedAt: at, resolvedAt: null, snoozedUntil: null }
    incidents.put(id, {
      id,
      ...cause,
      state: 'open',
      ...words,
      ...times,
      occurrences: 1,
      subjects: { count: 0, first: [] },
    })
  }
  const setIncident = ({ id, state, at, until }: Extract<Change, { change: 'incident_state' }>) => {
    const known = incidents.get(id)
    if (!known) throw new DaybreakError('NOT_FOUND', `no incident has the id ${id}`)
    if (known.state === 'resolved' && state === 'resolved') return
    if (known.state === 'resolved') throw new DaybreakError('LEDGER_CONFLICT', `incident ${id} is resolved`)
    const resolvedAt = state === 'resolved' ? at : known.resolvedAt
    if (state === 'resolved') subjects.delete(known.key)
    incidents.put(id, { ...known, state, updatedAt: at, resolvedAt, snoozedUntil: snooze(state, until) })
  }
  const fold = ({ id, runId, work }: Extract<Change, { change: 'messages_folded' }>['into']) => {
    const waiting = messages.rows().filter((row) => isWaiting(row) && isDeepStrictEqual(row.work, work))
    const ofOthers = Map.groupBy(
      waiting.filter((row) => row.runId !== runId),
      (row) => row.runId,
    )
    const kept = new Set([
      id,
      ...[...ofOthers.values()].flatMap((rows) =>
        rows
          .map((row) => row.id)
          .toSorted()
          .slice(0, 1),
      ),
    ])
    for (const row of waiting.filter((each) => !kept.has(each.id)))
      messages.put(row.id, { ...row, state: 'done', version: row.version + 1 })
  }
  const applyOne = (each: Change) => {
    if (each.change === 'slice') return setSlice(each.slice)
    if (each.change === 'partition') return setPartition(each.partition)
    if (each.change === 'partition_loaded') {
      const key = `${partitionKey(each.load)}\0${String(each.load.number).padStart(9, '0')}`
      return loads.get(key) ? undefined : loads.put(key, each.load)
    }
    if (each.change === 'build') return set(builds, each.build, ['builds', buildName(each.build), buildKey(each.build)])
    if (each.change === 'model_version') {
      const key = `${each.version.model}\0${each.version.fingerprint}`
      return versions.put(key, each.version)
    }
    if (each.change === 'model_version_deleted') {
      const { model, fingerprint } = each
      versions.delete(`${model}\0${fingerprint}`)
      const isOwn = (row: Build) => row.model === model && row.fingerprint === fingerprint
      for (const row of builds.rows().filter(isOwn)) builds.delete(buildKey(row))
      return
    }
    if (each.change === 'model_release') {
      const { environment, number } = each.release
      const key = `${environment}/${number}`
      if (releases.get(key)) throw conflict({ table: 'model_releases', key, version: 0 }, 1)
      return releases.put(key, each.release)
    }
    if (each.change === 'run') return setRun(each.run)
    if (each.change === 'message') return set(messages, each.message, ['messages', each.message.id])
    if (each.change === 'messages_folded') return fold(each.into)
    if (each.change === 'backfill') return set(backfills, each.backfill, ['backfills', each.backfill.id])
    if (each.change === 'delivery')
      return deliveries.put(`${sliceKey(each.delivery)}\0${each.delivery.raw.sha256}`, each.delivery)
    if (each.change === 'kept_file') return keptFiles.put(fileKey(each.file), each.file)
    if (each.change === 'run_slice') {
      const { runSlice, at } = each
      return runSlices.put(`${runSlice.runId}\0${sliceKey(runSlice)}`, { runSlice, at })
    }
    if (each.change === 'run_slices_unchanged') {
      const { runId, day, streams } = each
      for (const stream of streams) runSlices.delete(`${runId}\0${sliceKey({ ...day, stream })}`)
      return
    }
    if (each.change === 'run_slices_expired') {
      const old = runSlices.rows().filter(({ at }) => at < each.before)
      for (const { runSlice } of old.toSorted((a, b) => a.at - b.at).slice(0, each.most))
        runSlices.delete(`${runSlice.runId}\0${sliceKey(runSlice)}`)
      return
    }
    if (each.change === 'checks') {
      const { key, results, at } = each
      return checks.put(
        sliceKey(key),
        results.map((result) => ({ ...result, ...bareKey(key), at })),
      )
    }
    // Nothing that a simulation reads.
    if (each.change === 'run_step' || each.change === 'usage' || each.change === 'notices_expired') return
    if (each.change === 'incident_opened') return open(each)
    if (each.change === 'incident_state') return setIncident(each)
    if (each.change === 'window')
      return windows.put(`${each.window.window}\0${each.window.stream}\0${each.window.pipeline}`, each.window)
    if (each.change === 'mark') return marks.put(each.mark.name, each.mark)
    if (each.change === 'location_imported')
      return imported.put(`${each.location.pipeline}\0${each.location.id}`, each.location)
    if (each.change === 'audit') return audit.put(newKey(), each.entry)
    if (each.change === 'constants') {
      for (const one of each.constants) constants.put(JSON.stringify(one), one)
      return
    }
    const left = each.subject === undefined ? [] : (subjects.get(each.key) ?? []).filter((one) => one !== each.subject)
    subjects.put(each.key, left)
    if (left.length > 0) return
    const known_ = unresolved(each.key)
    if (known_) incidents.put(known_.id, { ...known_, state: 'resolved', resolvedAt: each.at, updatedAt: each.at })
  }

  const timesOf = (pipeline?: string) => {
    const own = windows.rows().filter((row) => row.pipeline === (pipeline ?? row.pipeline))
    return new Map(own.toSorted((a, b) => a.at - b.at).map(({ window, at }) => [window, at]))
  }
  const expectWindow = (pipeline: string, window: string) => {
    if (isDated(window) || timesOf(pipeline).has(window)) return
    throw new DaybreakError('NOT_FOUND', `the window "${window}" of ${pipeline} is no date and has no record`)
  }
  const byInstant = <Row extends Pick<SliceKey, 'pipeline' | 'window'>>(rows: readonly Row[], { limit }: Page = {}) => {
    if (limit !== undefined || rows.every(({ window }) => isDated(window))) return rows
    const times = new Map([...new Set(rows.map(({ pipeline }) => pipeline))].map((name) => [name, timesOf(name)]))
    const at = ({ pipeline, window }: Row) => timeOf(window, times.get(pipeline) ?? DATES_ONLY)
    return rows.toSorted((a, b) => compare(at(a), at(b)))
  }
  const isWithin = ({ from, to }: SliceFilter, { pipeline, window }: SliceKey) => {
    if (isDated(window) || ![from, to].every((bound) => bound === undefined || isDated(bound)))
      return (from ?? window) <= window && (to ?? window) >= window.slice(0, to?.length)
    const at = timeOf(window, timesOf(pipeline))
    if (from === undefined && to === undefined) return true
    return (
      (from === undefined || at >= timeOf(from, DATES_ONLY)) &&
      (to === undefined || at < timeOf(to, DATES_ONLY) + 86_400_000)
    )
  }
  const pageByInstant = <Row extends Pick<SliceKey, 'pipeline' | 'window'>>(rows: readonly Row[], some: Page) =>
    page(byInstant(rows, some), some)
  const own = (filter: SliceFilter) => (row: SliceKey) =>
    (filter.pipeline ?? row.pipeline) === row.pipeline &&
    isIn(filter.streams, row.stream) &&
    isIn(filter.shards, row.shard) &&
    isIn(filter.windows, row.window) &&
    isWithin(filter, row)
  const state = (row: SliceKey) => slices.get(sliceKey(row))?.state

  return {
    async apply(changes) {
      undo = []
      try {
        changes.forEach(applyOne)
        for (const each of changes)
          if (each.change === 'message' && each.message.work.kind === 'ingest')
            for (const window of each.message.work.windows) expectWindow(each.message.work.pipeline, window)
      } catch (error) {
        for (const step of undo.toReversed()) step()
        throw error
      }
    },
    slice: async (key) => slices.get(sliceKey(key)) ?? null,
    slices: async (filter) =>
      pageByInstant(
        slices
          .rows()
          .filter((row) => own(filter)(row) && isIn(filter.states, row.state))
          .toSorted(byKey),
        filter,
      ),
    sliceLooks: async (filter) =>
      byInstant(
        slices
          .rows()
          .filter((row) => own(filter)(row) && isIn(filter.states, row.state))
          .toSorted(byKey)
          .map(({ state, lookedAt, ...slice }) => ({ ...bareKey(slice), state, lookedAt })),
      ),
    dayTotals: async ({ pipeline, streams, shards, from, to }) =>
      slices
        .rows()
        .filter((row) => own({ pipeline, streams, from, to, ...(shards && { shards }) })(row))
        .toSorted(byKey)
        .flatMap(({ stream, shard, window, delivery }) =>
          delivery ? [{ stream, shard, window, accepted: delivery.counts.accepted, totals: delivery.totals }] : [],
        ),
    knownDays: async () => [],
    sliceCounts: async (filter) => {
      const found = slices.rows().filter((row) => own(filter)(row) && isIn(filter.states, row.state))
      const groups = [...Map.groupBy(found, ({ state }) => state)]
      return Object.fromEntries(groups.map(([state, rows]) => [state, rows.length]))
    },
    newestWindows: async (pipeline, limit) => {
      const own = slices.rows().filter((row) => row.pipeline === pipeline)
      const all = new Set(own.map(({ window: date }) => date))
      return [...all]
        .sort(byTime(timesOf(pipeline)))
        .reverse()
        .slice(0, limit)
    },
    windows: async (filter) =>
      windows
        .rows()
        .filter((row) => (filter.pipeline ?? row.pipeline) === row.pipeline)
        .filter((row) => isIn(filter.streams, row.stream) && isIn(filter.windows, row.window))
        .toSorted((a, b) => a.at - b.at || compare(a.window, b.window) || compare(a.stream, b.stream)),
    deliveries: async (filter) =>
      pageByInstant(
        deliveries
          .rows()
          .filter((row) => own(filter)(row) && isIn<string>(filter.states, row.state))
          .filter((row) => isIn(filter.sha256, row.raw.sha256))
          .toSorted((a, b) => byKey(a, b) || compare(a.at, b.at) || compare(a.raw.sha256, b.raw.sha256)),
        filter,
      ),
    keptFiles: async (filter) =>
      pageByInstant(
        keptFiles
          .rows()
          .filter((row) => own(filter)({ ...row, stream: '' }))
          .toSorted((a, b) => compare(fileKey(a), fileKey(b))),
        filter,
      ),
    partition: async (pipeline, stream, date) =>
      partitions.get(partitionKey({ pipeline, stream, window: date })) ?? null,
    partitions: async ({ states, ...filter }) =>
      pageByInstant(
        partitions
          .rows()
          .filter((row) => own(filter)({ ...row, shard: '' }))
          .filter(({ state }) => states?.includes(state) ?? true)
          .toSorted((a, b) => compare(partitionKey(a), partitionKey(b))),
        filter,
      ),
    // People do not act in simulations.
    signOff: async () => null,
    signOffsOf: async () => [],
    loads: async ({ pipeline, streams, windows: dates, since = 0 }) =>
      loads
        .rows()
        .filter((row) => (pipeline ?? row.pipeline) === row.pipeline)
        .filter((row) => row.at >= since && isIn(streams, row.stream) && isIn(dates, row.window))
        .toSorted((a, b) => compare(partitionKey(a), partitionKey(b)) || a.number - b.number),
    build: async (key) => builds.get(buildKey(key)) ?? null,
    builds: async ({ windows: dates, states, model, fingerprint, ...some }) =>
      page(
        builds
          .rows()
          .filter((row) => isIn(dates, row.window) && isIn(states, row.state))
          .filter((row) => (model ?? row.model) === row.model && (fingerprint ?? row.fingerprint) === row.fingerprint)
          .toSorted((a, b) => compare(buildKey(a), buildKey(b))),
        some,
      ),
    modelVersions: async () =>
      versions
        .rows()
        .toSorted(
          (a, b) =>
            compare(a.model, b.model) || compare(a.createdAt, b.createdAt) || compare(a.fingerprint, b.fingerprint),
        ),
    modelReleases: async ({ environment, ...some }) =>
      page(
        releases
          .rows()
          .filter((row) => (environment ?? row.environment) === row.environment)
          .toSorted((a, b) => compare(a.environment, b.environment) || b.number - a.number),
        some,
      ),
    waitingBuilds: async (dates) => {
      const waiting = messages.rows().flatMap((row) => (row.work.kind === 'build' && isWaiting(row) ? [row] : []))
      const groups = Map.groupBy(waiting, ({ work }) => ('window' in work ? work.window : ''))
      return [...groups]
        .filter(([window]) => isIn(dates, window))
        .toSorted(([a], [b]) => byTime(timesOf())(a, b))
        .flatMap(([, rows]) => rows.toSorted((a, b) => compare(a.id, b.id)).slice(0, 1))
    },
    isLoading: async (pipeline, window) =>
      messages
        .rows()
        .some(
          ({ state, work }) =>
            state === 'pending' && work.kind === 'load' && work.pipeline === pipeline && work.window === window,
        ),
    run: async (id) => runs.get(id) ?? null,
    runs: async ({ pipeline, states, backfillId, ...some }) =>
      page(
        runs
          .rows()
          .filter((row) => (pipeline ?? row.pipeline) === row.pipeline && isIn(states, row.state))
          .filter((row) => backfillId === undefined || row.backfillId === backfillId)
          .toReversed(),
        some,
      ),
    runSlices: async (runId) =>
      byInstant(
        withUnchanged(
          runSlices
            .rows()
            .map(({ runSlice }) => runSlice)
            .filter((row) => row.runId === runId)
            .toSorted(byKey),
          messages.rows().filter((row) => row.runId === runId),
        ),
      ),
    message: async (id) => messages.get(id) ?? null,
    messages: async (filter) =>
      page(
        messages
          .rows()
          .filter((row) => (filter.runId ?? row.runId) === row.runId && isIn(filter.states, row.state))
          .filter((row) => isAbout(row, filter))
          .toSorted((a, b) => compare(a.createdAt, b.createdAt) || compare(a.id, b.id)),
        filter,
      ),
    waitingLoads: async ({ pipeline, window, recordedBy = Number.POSITIVE_INFINITY }) =>
      [
        ...Map.groupBy(
          messages.rows().filter(({ state, work }) => state === 'pending' && work.pipeline === pipeline),
          ({ work }) =>
            work.kind === 'load' && work.window === (window ?? work.window) ? `${work.window}/${work.stream}` : '',
        ),
      ]
        .filter(([place]) => place !== '')
        .toSorted(([a], [b]) => compare(a, b))
        .toSorted(([a], [b]) => byTime(timesOf(pipeline))(a.split('/')[0] ?? '', b.split('/')[0] ?? ''))
        .flatMap(([, rows]) => toWaiting(rows, recordedBy)),
    isAwaited: async (pipeline, window) =>
      messages
        .rows()
        .some((row) => row.state === 'pending' && isAbout(row, { pipeline, kind: 'ingest', window, untried: true })),
    checks: async (filter) =>
      pageByInstant(
        checks
          .rows()
          .filter(([row]) => row && own(filter)(row) && (!filter.states || isIn<unknown>(filter.states, state(row))))
          .toSorted(([a], [b]) => (a && b ? byKey(a, b) : 0))
          .flat()
          .filter((row) => filter.failed !== true || row.state === 'fail'),
        filter,
      ),
    constants: async ({ pipeline, shard: location }) =>
      constants.rows().filter((row) => row.pipeline === pipeline && row.shard === location),
    incidents: async ({ states, keyPrefix = '', limit, ...place }) =>
      page(
        incidents
          .rows()
          .filter((row) => isIn(states, row.state) && row.key.startsWith(keyPrefix) && isMatch(place, row))
          .map(withSubjects)
          .toReversed(),
        limit === undefined ? {} : { limit },
      ),
    mark: async (name) => marks.get(name) ?? null,
    importedLocations: async () =>
      imported.rows().toSorted((a, b) => compare(a.pipeline, b.pipeline) || compare(a.id, b.id)),
    backfill: async (id) => backfills.get(id) ?? null,
    backfills: async ({ states, after, ...some }) => {
      const all = backfills.rows()
      const end =
        after === undefined
          ? all.length
          : Math.max(
              0,
              all.findIndex(({ id }) => id === after),
            )
      return page(
        all
          .slice(0, end)
          .filter((row) => isIn(states, row.state))
          .toReversed(),
        some,
      )
    },
    audit: async (some) => page(audit.rows().toReversed(), some),
    close: async () => undefined,
  }
}

function isAbout(row: Message, { pipeline, kind, kinds, untried, window, ...asked }: MessageFilter): boolean {
  const { work, attempts } = row
  const windows = work.kind === 'ingest' ? work.windows : work.kind === 'load' ? [work.window] : []
  return (
    (pipeline ?? work.pipeline) === work.pipeline &&
    (kind ?? work.kind) === work.kind &&
    isIn(kinds, work.kind) &&
    (!untried || attempts === 0) &&
    (!asked.waiting || isWaiting(row)) &&
    (window === undefined || windows.includes(window)) &&
    (asked.work === undefined || isDeepStrictEqual(work, asked.work))
  )
}

function toWaiting(rows: readonly Message[], recordedBy: number): readonly WaitingLoad[] {
  const unsent = rows.filter((row) => isWaiting(row) && row.createdAt <= recordedBy)
  const next = unsent.map(({ id }) => id).toSorted()[0]
  const [first] = rows
  if (next === undefined || first?.work.kind !== 'load') return []
  const sent = rows.flatMap(({ sentAt }) => sentAt ?? [])
  const since = Math.min(...unsent.map(({ createdAt }) => createdAt))
  return [{ work: first.work, next, since, sentAt: sent.length > 0 ? Math.max(...sent) : null }]
}

function page<Row>(rows: readonly Row[], { limit }: Page): readonly Row[] {
  return rows.slice(0, limit)
}

function partitionKey({ pipeline, stream, window: date }: Pick<Partition, 'pipeline' | 'stream' | 'window'>): string {
  return `${date}\0${stream}\0${pipeline}`
}

function fileKey({ pipeline, shard: location, window: date, source }: KeptFile): string {
  return `${date}\0${location}\0${source.name}\0${pipeline}`
}

function bareKey({ pipeline, stream, shard: location, window: date }: SliceKey): SliceKey {
  return { pipeline, stream, shard: location, window: date }
}

function snooze(state: Incident['state'], until: number | undefined): number | null {
  return state === 'snoozed' ? (until ?? null) : null
}

const SLICE_STATES: readonly string[] = WORDS.slices.state

function known(slice: Slice, states: readonly string[]): Slice {
  if (states.includes(slice.state)) return slice
  throw new DaybreakError('LEDGER_FAILED', `no slice can be ${JSON.stringify(slice.state)}`)
}
