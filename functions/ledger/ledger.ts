import { DaybreakError } from '../errors.ts'
import type { PeopleLedger } from '../pipeline/people/reads.ts'
import { applyChanges, runsWithNews } from './apply.ts'
import { listAudit } from './audit.ts'
import { listBackfills, readBackfill } from './backfills.ts'
import { listBuilds, readBuild } from './builds.ts'
import { listChecks } from './checks.ts'
import { listDayTotals } from './day-totals.ts'
import { listDeliveries } from './deliveries.ts'
import type { LedgerDialect } from './dialect.ts'
import { listImportedLocations } from './imported-locations.ts'
import { listIncidents } from './incidents.ts'
import { listKeptFiles } from './kept-files.ts'
import { listConstants } from './known-constants.ts'
import { listLoads } from './loads.ts'
import { readMark } from './marks.ts'
import { listMessages, listWaitingBuilds, readMessage } from './messages.ts'
import { listModelReleases, listModelVersions } from './model-versions.ts'
import { listPartitions, readPartition } from './partitions.ts'
import { noteChanges } from './people/changes.ts'
import { createReads, createSteps, type Query } from './people/ledger.ts'
import { listKnownDays } from './people/settings.ts'
import { allSignOffs, readSignOff } from './people/sign-offs.ts'
import { listRunSlices } from './run-slices.ts'
import { listRuns, readRun } from './runs.ts'
import type { Database } from './schema.ts'
import { countSlices, listSliceLooks, listSlices, readSlice } from './slices.ts'
import { isAwaited, isLoading, listWaitingLoads } from './waiting-loads.ts'
import { listNewestWindows, listWindows } from './windows.ts'
import { createWriters } from './writer.ts'

/** Dialect and ids of a ledger. */
export interface LedgerOptions {
  readonly dialect: LedgerDialect
  /** Ids of incidents and audit entries: time-ordered, unique. */
  readonly newId: () => string
  /** Time of the notices of changes. */
  readonly now: () => number
}

/** A ledger over an open database whose tables are up to date. Closing it closes the database. */
export function createLedger(db: Database, { dialect, newId, now }: LedgerOptions): PeopleLedger {
  const query: Query = (what, work) => guard({ dialect, what }, work)
  const writerOf = createWriters()
  return {
    async apply(changes) {
      if (changes.length === 0) return
      await query(`apply ${changes.length} changes`, () =>
        db.transaction().execute(async (transaction) => {
          for (const runId of runsWithNews(changes)) await dialect.holdRun(transaction, runId)
          const writer = writerOf(transaction)
          await applyChanges(writer, changes, newId)
          await noteChanges(writer, changes, now())
        }),
      )
    },
    slice: (key) => query('read a slice', () => readSlice(db, key)),
    slices: (filter) => query('list slices', () => listSlices(db, filter)),
    sliceLooks: (filter) => query('list looks at slices', () => listSliceLooks(db, filter)),
    dayTotals: (filter) => query('list sums of days', () => listDayTotals(db, filter, dialect)),
    knownDays: () => query('list known days', () => listKnownDays(db)),
    sliceCounts: (filter) => query('count slices', () => countSlices(db, filter)),
    newestWindows: (pipeline, limit) => query('list the newest windows', () => listNewestWindows(db, pipeline, limit)),
    windows: (filter) => query('list windows', () => listWindows(db, filter)),
    deliveries: (filter) => query('list deliveries', () => listDeliveries(db, filter)),
    keptFiles: (filter) => query('list kept files', () => listKeptFiles(db, filter)),
    partition: (pipeline, stream, window) =>
      query('read a partition', () => readPartition(db, { pipeline, stream, window })),
    partitions: (filter) => query('list partitions', () => listPartitions(db, filter)),
    signOff: (key) => query('read a sign-off', () => readSignOff(db, key)),
    signOffsOf: (pipeline) => query('list sign-offs', () => allSignOffs(db, pipeline)),
    loads: (filter) => query('list loads', () => listLoads(db, filter)),
    build: (key) => query('read a build', () => readBuild(db, key)),
    builds: (filter) => query('list builds', () => listBuilds(db, filter)),
    modelVersions: () => query('list versions of models', () => listModelVersions(db)),
    modelReleases: (filter) => query('list releases of models', () => listModelReleases(db, filter)),
    run: (id) => query('read a run', () => readRun(db, id)),
    runs: (filter) => query('list runs', () => listRuns(db, filter)),
    runSlices: (runId) => query('list the slices of a run', () => listRunSlices(db, runId)),
    message: (id) => query('read a message', () => readMessage(db, id)),
    messages: (filter) => query('list messages', () => listMessages(db, filter)),
    waitingLoads: (filter) => query('list loads that wait', () => listWaitingLoads(db, filter)),
    waitingBuilds: (windows) => query('list builds that wait', () => listWaitingBuilds(db, windows)),
    isLoading: (pipeline, window) => query('look for open loads', () => isLoading(db, pipeline, window)),
    isAwaited: (pipeline, window) => query('look for open ingests', () => isAwaited(db, pipeline, window)),
    checks: (filter) => query('list checks', () => listChecks(db, filter)),
    constants: (filter) => query('list constants', () => listConstants(db, filter)),
    incidents: (filter) => query('list incidents', () => listIncidents(db, filter)),
    backfill: (id) => query('read a backfill', () => readBackfill(db, id)),
    backfills: (filter) => query('list backfills', () => listBackfills(db, filter)),
    mark: (name) => query('read a mark', () => readMark(db, name)),
    importedLocations: () => query('list imported locations', () => listImportedLocations(db)),
    audit: (filter) => query('list the audit', () => listAudit(db, filter)),
    close: () => query('close the ledger', () => db.destroy()),
    reads: createReads(db, dialect, query),
    ...createSteps(db, dialect, query),
  }
}

/**
 * Runs work on the database and names its failures.
 * @throws {DaybreakError} LEDGER_BUSY, LEDGER_FAILED; LEDGER_DAMAGED, STORAGE_DENIED, STORAGE_FULL when a person has to act.
 */
export async function guard<Result>(
  { dialect, what }: { readonly dialect: LedgerDialect; readonly what: string },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DaybreakError) throw error
    const lasting = dialect.lastingError(error, what)
    if (lasting) throw lasting
    const cause = textOf(error)
    const code = dialect.isBusy(error) ? 'LEDGER_BUSY' : 'LEDGER_FAILED'
    throw new DaybreakError(code, `${dialect.name} could not ${what}: ${cause}`, { cause: error })
  }
}

/** A name with several addresses fails with one error for each, and nothing said of all of them. */
function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(textOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
