import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ERRORS, type ErrorCode } from '../../functions/errors.ts'
import { type Drill, perform } from '../support/drills/drill.ts'
import { FILES } from '../support/drills/files.ts'
import { copyHome, type Home, newHome } from '../support/drills/home.ts'
import { REQUESTS } from '../support/drills/requests.ts'
import { SOURCES } from '../support/drills/sources.ts'
import { STORAGE } from '../support/drills/storage.ts'
import { USAGE } from '../support/drills/usage.ts'

const DRILLS: Partial<Record<ErrorCode, Drill>> = { ...USAGE, ...SOURCES, ...FILES, ...STORAGE, ...REQUESTS }

/** Codes without a drill: why, and the test that provokes each. */
const ELSEWHERE: Partial<Record<ErrorCode, { readonly why: string; readonly test: string }>> = {
  EXPRESSION_INVALID: {
    why: 'every command that reads the project prints it',
    test: 'integration/engine.checks.test.ts',
  },
  DAY_CLOSED: { why: 'a person signs the day on its page', test: 'integration/closed-day.test.ts' },
  MODEL_INVALID: { why: "the SQL is the author's", test: 'integration/models-compile.test.ts' },
  MODEL_REFUSED: { why: "the SQL is the author's", test: 'integration/models-refusals.test.ts' },
  MODEL_NOT_COMPILED: { why: 'needs the analyser', test: 'integration/models-compile.test.ts' },
  MODEL_TEST_FAILED: { why: "the rows are the author's", test: 'integration/models-compile.test.ts' },
  ANALYSER_MISSING: { why: 'needs a machine without the package', test: 'integration/models-compile.test.ts' },
  BACKUP_DAMAGED: { why: 'needs a backup, and a hand that changes it', test: 'integration/backup.test.ts' },
  OBJECT_DAMAGED: {
    why: 'a part that is made again from its raw file is not damaged',
    test: 'integration/load.test.ts',
  },
  SOURCE_CIRCUIT_OPEN: {
    why: 'the circuit lives as long as a process that serves',
    test: 'integration/sftp-connect.test.ts',
  },
  CLOCK_AHEAD: { why: 'only a schedule looks at instants to come', test: 'integration/clock-ahead.test.ts' },
  STORAGE_FAILED: {
    why: 'a disk that fails for a moment needs a bucket that does',
    test: 'integration/gcs-faults.test.ts',
  },
  COST_LIMIT: { why: 'a laptop has no prices', test: 'integration/backfill-cost.test.ts' },
  STORAGE_DENIED: { why: 'needs a process of a user without rights', test: 'integration/disk-failures.test.ts' },
  STORAGE_FULL: { why: 'needs a mount of its own', test: 'integration/disk-failures.test.ts' },
  SECRET_DENIED: { why: 'needs Secret Manager', test: 'integration/secret-manager.test.ts' },
  SECRET_DISABLED: { why: 'needs Secret Manager', test: 'integration/secret-manager.test.ts' },
  SECRET_UNREACHABLE: { why: 'needs Secret Manager', test: 'integration/secret-manager.test.ts' },
  WAREHOUSE_BUSY: { why: 'needs a second process that holds the file', test: 'integration/warehouse.duckdb.test.ts' },
  WAREHOUSE_FAILED: {
    why: 'a fault of DuckDB itself cannot be called up',
    test: 'integration/bigquery-faults.test.ts',
  },
  WAREHOUSE_DENIED: { why: 'needs BigQuery', test: 'integration/bigquery-faults.test.ts' },
  WAREHOUSE_QUOTA: { why: 'needs BigQuery', test: 'integration/bigquery-faults.test.ts' },
  JOB_CONFLICT: { why: 'needs two environments of one name', test: 'integration/bigquery-faults.test.ts' },
  LEDGER_CONFLICT: { why: 'never printed: the work reads again', test: 'integration/ledger-contention.test.ts' },
  QUEUE_FAILED: { why: 'needs Pub/Sub', test: 'integration/pubsub-faults.test.ts' },
  FORBIDDEN: { why: 'needs accounts of Google', test: 'integration/http-tokens.test.ts' },
  IDENTITY_UNAVAILABLE: { why: 'needs accounts of Google', test: 'integration/http-tokens.test.ts' },
  LOG_UNAVAILABLE: { why: 'needs Cloud Logging', test: 'integration/run-log.test.ts' },
  REMOTE_UNREACHABLE: { why: 'needs a server that is away', test: 'integration/remote.test.ts' },
  REMOTE_UNTRUSTED: { why: 'needs a server with a certificate', test: 'integration/remote.test.ts' },
  REMOTE_TOKEN_INVALID: { why: 'needs a server', test: 'integration/remote.test.ts' },
  REMOTE_INCOMPATIBLE: { why: 'needs a server of another release', test: 'integration/remote.test.ts' },
  REMOTE_UNSUPPORTED: { why: 'needs a server', test: 'integration/remote.test.ts' },
  INTERNAL: { why: 'a defect that is known is mended', test: 'integration/pubsub-faults.test.ts' },
  RATE_LIMITED: { why: 'a program that sends less is not refused', test: 'unit/api/limits.test.ts' },
  PRECONDITION_FAILED: { why: 'only the API changes settings', test: 'integration/api.test.ts' },
  ROWS_GONE: { why: 'needs a table of a database', test: 'integration/table-deletes.test.ts' },
  PLAN_CHANGED: { why: 'needs a table of a server', test: 'integration/table-plan.test.ts' },
  PRECONDITION_REQUIRED: { why: 'only the API changes settings', test: 'integration/api.test.ts' },
  HOOK_FAILED: { why: 'needs tables of a server', test: 'integration/hooks.test.ts' },
  HOOK_PROTOCOL: { why: 'needs tables of a server', test: 'integration/hooks.test.ts' },
  HOOK_REFUSED: { why: 'needs tables of a server', test: 'integration/http-hooks.test.ts' },
  MIGRATION_FAILED: { why: 'needs tables of a server', test: 'integration/migrate.test.ts' },
  CHANNEL_UNREACHABLE: { why: 'needs a mail server that is away', test: 'contract/notifier.smtp.test.ts' },
  CHANNEL_REFUSED: { why: 'needs a channel that refuses', test: 'contract/notifier.slack.test.ts' },
  CATALOG_UNREACHABLE: { why: 'needs a receiver of lineage', test: 'integration/openlineage.test.ts' },
  CATALOG_REFUSED: { why: 'needs a receiver of lineage', test: 'integration/openlineage.test.ts' },
  CHANNEL_GAVE_UP: { why: 'needs a channel that is away for a day', test: 'integration/notify.test.ts' },
  WATCH_OVERDUE: { why: 'needs a schedule that stands still', test: 'unit/notify/watch.test.ts' },
  MODEL_HELD: { why: 'needs a model whose check fails', test: 'integration/build.test.ts' },
  MODEL_FAILED: { why: 'needs a model whose query fails', test: 'integration/build.test.ts' },
  RULE_FIRED: { why: 'a rule of the project itself', test: 'unit/notify/story.test.ts' },
}

let loaded: Home
beforeAll(async () => {
  loaded = await newHome()
  expect(await loaded.run('daybreak run toast')).toMatchObject({ code: 0 })
})
afterAll(() => loaded.close())

describe('the remedy of an error, done as it is printed, ends the trouble', () => {
  it.each(Object.entries(DRILLS))('%s', async (code, drill) => {
    const home = await (drill.starts === 'empty' ? newHome() : copyHome(loaded))
    onTestFinished(() => home.close())
    await perform(code as ErrorCode, drill, home)
  })
})

describe('every code of the table', () => {
  it('is drilled, or says why not, and never both', () => {
    const known = [...Object.keys(DRILLS), ...Object.keys(ELSEWHERE)]
    expect(known.toSorted()).toEqual(Object.keys(ERRORS).toSorted())
  })

  it.each(Object.entries(ELSEWHERE))('without a drill has a test that names it: %s', (code, { test }) => {
    expect(readFileSync(`tests/${test}`, 'utf8')).toContain(code)
  })
})
