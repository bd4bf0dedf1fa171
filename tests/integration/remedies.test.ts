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
  EXPRESSION_INVALID: { why: 'every command that reads the project prints it', test: 'engine.checks.test.ts' },
  OBJECT_DAMAGED: { why: 'a part that is made again from its raw file is not damaged', test: 'load.test.ts' },
  SOURCE_CIRCUIT_OPEN: { why: 'the circuit lives as long as a process that serves', test: 'sftp-connect.test.ts' },
  CLOCK_AHEAD: { why: 'only a schedule looks at instants to come', test: 'clock-ahead.test.ts' },
  STORAGE_FAILED: { why: 'a disk that fails for a moment needs a bucket that does', test: 'gcs-faults.test.ts' },
  STORAGE_DENIED: { why: 'needs a process of a user without rights', test: 'disk-failures.test.ts' },
  STORAGE_FULL: { why: 'needs a mount of its own', test: 'disk-failures.test.ts' },
  SECRET_DENIED: { why: 'needs Secret Manager', test: 'secret-manager.test.ts' },
  SECRET_DISABLED: { why: 'needs Secret Manager', test: 'secret-manager.test.ts' },
  SECRET_UNREACHABLE: { why: 'needs Secret Manager', test: 'secret-manager.test.ts' },
  WAREHOUSE_BUSY: { why: 'needs a second process that holds the file', test: 'warehouse.duckdb.test.ts' },
  WAREHOUSE_FAILED: { why: 'a fault of DuckDB itself cannot be called up', test: 'bigquery-faults.test.ts' },
  WAREHOUSE_DENIED: { why: 'needs BigQuery', test: 'bigquery-faults.test.ts' },
  WAREHOUSE_QUOTA: { why: 'needs BigQuery', test: 'bigquery-faults.test.ts' },
  JOB_CONFLICT: { why: 'needs two environments of one name', test: 'bigquery-faults.test.ts' },
  LEDGER_CONFLICT: { why: 'never printed: the work reads again', test: 'ledger-contention.test.ts' },
  QUEUE_FAILED: { why: 'needs Pub/Sub', test: 'pubsub-faults.test.ts' },
  FORBIDDEN: { why: 'needs accounts of Google', test: 'http-tokens.test.ts' },
  IDENTITY_UNAVAILABLE: { why: 'needs accounts of Google', test: 'http-tokens.test.ts' },
  INTERNAL: { why: 'a defect that is known is mended', test: 'pubsub-faults.test.ts' },
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
    expect(readFileSync(`tests/integration/${test}`, 'utf8')).toContain(code)
  })
})
