import type { LedgerReads, PeopleLedger } from '../../pipeline/people/reads.ts'
import type { LedgerDialect } from '../dialect.ts'
import type { Database } from '../schema.ts'
import { listAuditPage } from './audit.ts'
import { readChanges, readMark } from './changes.ts'
import { listFirstLoads, sumSlices } from './figures.ts'
import { listFilePage } from './files.ts'
import { listIncidentEvents, listIncidentViews, readIncidentView } from './incidents.ts'
import { readMatrix } from './matrix.ts'
import { claimNotifications, listNotifications } from './outbox.ts'
import { groupChecks, groupRejects, listCheckDays, listCheckPage, listShardBytes, listStreamDays } from './quality.ts'
import { beginRequest, dropRequest, releaseRequest } from './requests.ts'
import { listBackfillPage, listRunPage, listRunSlicePage, listRunSteps, listRunUsage, listUsage } from './runs.ts'
import { listSettings, readSetting } from './settings.ts'
import { listOverrides } from './shifts.ts'
import { listSignOffs } from './sign-offs.ts'
import { countListed, listSlicePage, readSliceLife } from './slices.ts'
import { listTableWindows } from './table-windows.ts'
import { listTokens, readToken, touchToken } from './tokens.ts'

/** Runs work on the database, and names its failures by what was tried. */
export type Query = <Result>(what: string, work: () => Promise<Result>) => Promise<Result>

/** Reads for people. */
export function createReads(db: Database, dialect: LedgerDialect, query: Query): LedgerReads {
  return {
    matrix: (range) => query('read the matrix', () => readMatrix(db, range)),
    tableWindows: (filter) => query('list windows of a table', () => listTableWindows(db, dialect, filter)),
    slicePage: (filter) => query('list slices', () => listSlicePage(db, filter)),
    sliceTotal: (filter, most) => query('count slices', () => countListed(db, filter, most)),
    filePage: (filter) => query('list files', () => listFilePage(db, filter)),
    sliceLife: (key) => query('read the life of a slice', () => readSliceLife(db, key)),
    runPage: (filter) => query('list runs', () => listRunPage(db, filter)),
    runSlicePage: (filter) => query('list the slices of a run', () => listRunSlicePage(db, filter)),
    runSteps: (runId) => query('list the steps of a run', () => listRunSteps(db, runId)),
    runUsage: (runId) => query('list what a run used', () => listRunUsage(db, runId)),
    usage: (range) => query('list what runs used', () => listUsage(db, range)),
    backfillPage: (filter) => query('list backfills', () => listBackfillPage(db, filter)),
    incidentPage: (filter) => query('list incidents', () => listIncidentViews(db, filter)),
    incident: (id) => query('read an incident', () => readIncidentView(db, id)),
    incidentEvents: (id) => query('list the events of an incident', () => listIncidentEvents(db, id)),
    rejectGroups: (range) => query('group rejects', () => groupRejects(db, range)),
    checkDays: (range) => query('checks by window', () => listCheckDays(db, range)),
    shardBytes: (window) => query('bytes by shard', () => listShardBytes(db, window)),
    checkGroups: (range) => query('group checks', () => groupChecks(db, range)),
    checkPage: (filter) => query('list checks', () => listCheckPage(db, filter)),
    sliceSums: (range) => query('sum slices', () => sumSlices(db, dialect, range)),
    firstLoads: (range) => query('list first loads', () => listFirstLoads(db, range)),
    streamDays: (range) => query('list days of streams', () => listStreamDays(db, range)),
    auditPage: (filter) => query('list the audit', () => listAuditPage(db, filter)),
    changeMark: () => query('ask for the newest change', () => readMark(db, dialect)),
    changesAfter: (cursor) => query('list changes', () => readChanges(db, dialect, cursor)),
    settings: (kind) => query('list settings', () => listSettings(db, kind)),
    setting: (kind, id) => query('read a setting', () => readSetting(db, kind, id)),
    signOffs: (range) => query('list sign-offs', () => listSignOffs(db, range)),
    overrides: (range) => query('list overrides', () => listOverrides(db, range)),
    tokens: (filter) => query('list tokens', () => listTokens(db, filter)),
    token: (id) => query('read a token', () => readToken(db, id)),
    notificationPage: (filter) => query('list notifications', () => listNotifications(db, filter)),
  }
}

type Steps = Pick<PeopleLedger, 'touchToken' | 'beginRequest' | 'releaseRequest' | 'dropRequest' | 'claimNotifications'>

/** Writes that are transactions of their own. */
export function createSteps(db: Database, dialect: LedgerDialect, query: Query): Steps {
  return {
    touchToken: (id, at) => query('record the use of a token', () => touchToken(db, id, at)),
    beginRequest: (attempt, processes) => query('begin a request', () => beginRequest(db, attempt, processes)),
    releaseRequest: (attempt) => query('release a request', () => releaseRequest(db, attempt)),
    dropRequest: (attempt) => query('forget a request', () => dropRequest(db, attempt)),
    claimNotifications: (claim) => query('claim notifications', () => claimNotifications(db, dialect, claim)),
  }
}
