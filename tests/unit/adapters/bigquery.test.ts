import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createCircuit } from '../../../functions/adapters/bigquery/circuit.ts'
import { isPassing, warehouseError } from '../../../functions/adapters/bigquery/errors.ts'
import { difference, jobConfiguration } from '../../../functions/adapters/bigquery/load-configuration.ts'
import { createMemory } from '../../../functions/adapters/bigquery/memory.ts'
import { misfits } from '../../../functions/adapters/bigquery/misfit.ts'
import { StoredTable } from '../../../functions/adapters/bigquery/stored-table.ts'
import { toScale, toText } from '../../../functions/adapters/bigquery/values.ts'
import { bigqueryType } from '../../../functions/sql/dialects/bigquery/column-type.ts'
import { bigqueryColumns } from '../../../functions/sql/dialects/bigquery/columns.ts'
import { TABLE } from '../../contract/warehouse-table.ts'

/** As the client throws it. */
const thrown = (code: number | undefined, reason: string, message = 'why') =>
  Object.assign(new Error(message), { ...(code && { code }), ...(reason && { errors: [{ reason, message }] }) })

describe('an error of the client', () => {
  it.each([
    [403, 'rateLimitExceeded', 'WAREHOUSE_FAILED'],
    [403, 'quotaExceeded', 'WAREHOUSE_QUOTA'],
    [403, 'accessDenied', 'WAREHOUSE_DENIED'],
    [401, 'authError', 'WAREHOUSE_DENIED'],
    [400, 'invalid', 'LOAD_REJECTED'],
    [404, 'notFound', 'LOAD_REJECTED'],
    [429, '', 'WAREHOUSE_FAILED'],
    [500, 'internalError', 'WAREHOUSE_FAILED'],
    [502, '', 'WAREHOUSE_FAILED'],
    [503, 'backendError', 'WAREHOUSE_FAILED'],
    [undefined, '', 'WAREHOUSE_FAILED'],
  ])('with the status %s and the reason %j is %s', (status, reason, code) => {
    expect(warehouseError(thrown(status, reason), 'try')).toMatchObject({ code })
  })

  it('that there are no credentials is not tried again', () => {
    const error = warehouseError(new Error('Could not load the default credentials. Browse to ...'), 'start job j1')
    expect(error).toMatchObject({
      code: 'WAREHOUSE_DENIED',
      retryable: false,
      message: expect.stringContaining('start job j1'),
    })
  })

  it('takes no token along, wherever it is looked at', () => {
    const request = { headers: { Authorization: 'Bearer planted-secret' } }
    const error = warehouseError(Object.assign(thrown(500, 'backendError'), { response: { request } }), 'try')
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('planted-secret')
  })

  it.each(['jobBackendError', 'jobInternalError', 'backendError', 'internalError', 'jobRateLimitExceeded'])(
    'of a job that says %s may pass',
    (reason) => {
      expect(isPassing({ status: null, reason, message: '' })).toBe(true)
    },
  )

  it.each(['invalid', 'notFound', 'accessDenied', 'invalidQuery', 'duplicate', 'responseTooLarge'])(
    'of a job that says %s does not pass',
    (reason) => {
      expect(isPassing({ status: null, reason, message: '' })).toBe(false)
    },
  )
})

describe('a value', () => {
  it.each([
    ['1767605400500000', 'TIMESTAMP', '2026-01-05 09:30:00.5+00'],
    ['-1', 'TIMESTAMP', '1969-12-31 23:59:59.999999+00'],
    ['0', 'TIMESTAMP', '1970-01-01 00:00:00+00'],
    ['2026-01-05T09:30:00', 'DATETIME', '2026-01-05 09:30:00'],
    ['2026-01-05T09:30:00.120000', 'DATETIME', '2026-01-05 09:30:00.12'],
    ['09:30:00', 'TIME', '09:30:00'],
    ['1.5', 'NUMERIC', '1.5'],
    ['9223372036854775807', 'INTEGER', '9223372036854775807'],
    ['2026-01-05T09:30:00', 'STRING', '2026-01-05T09:30:00'],
    [null, 'STRING', null],
  ])('%j of type %s is %j', (value, type, text) => {
    expect(toText(value, { type, mode: 'NULLABLE' })).toBe(text)
  })

  it('of many is a list', () => {
    expect(toText([{ v: '0' }, { v: null }], { type: 'TIMESTAMP', mode: 'REPEATED' })).toBe(
      '["1970-01-01 00:00:00+00",null]',
    )
  })

  it.each([
    ['15', 2, '15.00'],
    ['-0.1', 2, '-0.10'],
    ['1.2345', 2, '1.2345'],
    ['7', 0, '7'],
  ])('%j with %i places is %j', (text, scale, expected) => {
    expect(toScale(text, scale)).toBe(expected)
  })
})

describe('a column', () => {
  it.each([
    ['string', 'STRING'],
    ['datetime', 'DATETIME'],
    ['timestamp', 'TIMESTAMP'],
    ['numeric', 'NUMERIC'],
  ] as const)('of %s is %s in BigQuery', (type, expected) => {
    expect(bigqueryType({ type })).toBe(expected)
  })

  it('of the run is left out, and that of the time fills itself', () => {
    const columns = bigqueryColumns(TABLE.columns)
    expect(columns.map(({ name }) => name)).not.toContain('_run_id')
    expect(columns.find(({ name }) => name === '_loaded_at')).toMatchObject({ default: 'CURRENT_TIMESTAMP()' })
  })
})

describe('a configuration', () => {
  const entry = (uri: string) => ({
    shard: '1',
    stream: 's',
    part: { uri, rows: 1, bytes: 1 },
    rawSha256: '',
    totals: {},
  })
  const job = {
    id: 'j',
    table: TABLE,
    window: '2026-01-05',
    content: 'c0ffee',
    entries: [entry('gs://b/1')],
    runId: 'run-1',
  }
  const made = (other = {}) => jobConfiguration('acme-prod', { ...job, ...other })

  it('equals one that BigQuery has completed', () => {
    const told = { ...made({ runId: 'run-2' }), jobType: 'LOAD' }
    expect(difference(made(), { ...told, load: { ...told.load, encoding: 'UTF-8' } })).toBeNull()
  })

  it.each([
    [{ entries: [entry('gs://b/2')] }, /its 1 parts are not the same/],
    [{ entries: [entry('gs://b/1'), entry('gs://b/2')] }, /loads 2 parts and not 1/],
    [{ window: '2026-01-06' }, /destination is another/],
    [{ entries: [] }, /destination is another|statement is another/],
  ])('differs from that of %j', (other, message) => {
    expect(difference(made(), made(other))).toMatch(message)
  })

  it('differs from what is no load', () => {
    expect(difference(made(), undefined)).toBe('it is no load job')
    expect(difference(made({ entries: [] }), { query: { query: 'DELETE FROM x WHERE TRUE' } })).toMatch(
      /statement is another/,
    )
  })

  it.each(['Run 1', 'läuft', '', 'x'.repeat(64)])(
    'is not made for a run called %j, which no label can hold',
    (runId) => {
      expect(() => made({ runId })).toThrow(TypeError)
    },
  )

  it('is not made for a project that is none', () => {
    expect(() => jobConfiguration('a`b', { ...job, entries: [] })).toThrow(TypeError)
  })
})

it('a view in place of a table is a misfit, with any columns', () => {
  const stored = StoredTable.parse({ type: 'VIEW', location: 'US', etag: '1' })
  const wanted = { schema: 'toast', name: 'order_details', columns: [], typed: [], partitionBy: 'business_date' }
  const found = misfits({ project: 'acme-daybreak', location: 'US', wanted, stored })
  expect(found).toMatchObject([expect.stringContaining('order_details is a VIEW, and loads need a table')])
})

it('a circuit closes by itself', () => {
  const told: string[] = []
  let now = 0
  const circuit = createCircuit({ clock: { now: () => now }, log: ({ message }) => void told.push(message) })
  circuit.expectClosed('toast.a')
  circuit.open('used up', 'toast.a')
  circuit.open('used up', 'toast.b')
  expect(told).toHaveLength(1)
  now = 599_999
  expect(() => circuit.expectClosed('toast.c')).toThrow(/another 1 minutes/)
  now = 600_000
  circuit.expectClosed('toast.a')
})

it('a circuit that a table opened keeps the other tables going', () => {
  const told: string[] = []
  const circuit = createCircuit({ clock: { now: () => 0 }, log: ({ message }) => void told.push(message) })
  circuit.open('Quota exceeded: Your table exceeded quota for imports or query appends per table.', 'toast.a')
  expect(() => circuit.expectClosed('toast.a')).toThrow(/no load job into toast.a/)
  circuit.expectClosed('toast.b')
  expect(told).toMatchObject([expect.stringContaining('into toast.a')])
})

it('a memory forgets the oldest first', () => {
  const memory = createMemory<number>()
  for (let n = 0; n <= 1_000; n++) memory.set(String(n), n)
  expect(memory.get('0')).toBeUndefined()
  expect(memory.get('1')).toBe(1)
  memory.forget('1')
  expect(memory.get('1')).toBeUndefined()
})
