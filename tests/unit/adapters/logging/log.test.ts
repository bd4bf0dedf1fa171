import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CloudLogOptions, openCloudLog } from '../../../../functions/adapters/logging/log.ts'
import { createTracing, readTrace } from '../../../../functions/adapters/logging/trace.ts'
import { withLogFacts } from '../../../../functions/lib/log-context.ts'
import type { LogEntry } from '../../../../functions/pipeline/ports.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

function lines(entries: readonly LogEntry[], options: Partial<CloudLogOptions> = {}): readonly string[] {
  let ids = 0
  const written: string[] = []
  const log = openCloudLog({
    write: (line) => written.push(line),
    now: () => Date.UTC(2026, 0, 2, 9, 30),
    newId: () => `id-${++ids}`,
    project: 'acme-prod',
    service: { name: 'daybreak', version: 'daybreak-00007-abc' },
    ...options,
  })
  for (const entry of entries) log(entry)
  return written
}
const only = (entry: LogEntry, options: Partial<CloudLogOptions> = {}) => JSON.parse(lines([entry], options)[0] ?? '')

describe('a line', () => {
  it('carries what the work under way is about, also after it in the request around it', async () => {
    const entry = { severity: 'ERROR', message: 'cannot connect' } as const
    const inside = await withLogFacts({ pipeline: 'toast', runId: 'run-1', shard: '7' }, async () => only(entry))
    expect(inside).toMatchObject({ pipeline: 'toast', location: '7' })
    expect(inside['logging.googleapis.com/operation']).toMatchObject({ id: 'run-1' })
    withLogFacts({}, () => {
      withLogFacts({ pipeline: 'toast' }, () => undefined)
      expect(only(entry)).toMatchObject({ pipeline: 'toast' })
      expect(only({ ...entry, pipeline: 'other' })).toMatchObject({ pipeline: 'other' })
    })
    expect(only(entry)).not.toHaveProperty('pipeline')
  })

  it('has the fields of Cloud Logging, and ours', () => {
    const entry = {
      severity: 'INFO',
      message: 'Loaded',
      runId: 'run-1',
      step: 'load',
      pipeline: 'toast',
      stream: 'order_details',
      shard: '185129',
      window: '2026-01-02',
      milliseconds: 420,
      counts: { rows: 12, severity: 'EMERGENCY' },
    } as const
    expect(only(entry, { labels: { environment: 'prod' } })).toEqual({
      severity: 'INFO',
      message: 'Loaded',
      time: '2026-01-02T09:30:00.000Z',
      step: 'load',
      pipeline: 'toast',
      stream: 'order_details',
      location: '185129',
      business_date: '2026-01-02',
      milliseconds: 420,
      counts: { rows: 12, severity: 'EMERGENCY' },
      'logging.googleapis.com/insertId': 'id-1',
      'logging.googleapis.com/operation': { id: 'run-1', producer: 'daybreak' },
      'logging.googleapis.com/labels': { environment: 'prod' },
    })
  })

  it('of an error is one for error reporting, with where it was thrown', () => {
    const stack = 'TypeError: x is not a function\n    at run (file:///app/functions/run.ts:7:1)'
    expect(only({ severity: 'ERROR', message: 'Broken', code: 'INTERNAL', stack })).toMatchObject({
      '@type': 'type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent',
      serviceContext: { service: 'daybreak', version: 'daybreak-00007-abc' },
      stack_trace: stack,
      code: 'INTERNAL',
    })
  })

  it.each(['DEBUG', 'INFO', 'NOTICE', 'WARNING'] as const)('of %s is none for error reporting', (severity) => {
    expect(only({ severity, message: 'A data problem' })).not.toHaveProperty('@type')
  })

  it('is exactly one per entry, with its text, for any characters', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 })
    fc.assert(
      fc.property(text, text, (message, location) => {
        const [line = '', ...more] = lines([{ severity: 'INFO', message, shard: location }])
        expect(more).toEqual([])
        expect(line.endsWith('}\n')).toBe(true)
        expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
        expect(Object.keys(JSON.parse(line))).toEqual(Object.keys(only({ severity: 'INFO', message: 'm', shard: 'l' })))
      }),
    )
  })

  it('cannot be begun by text from outside', () => {
    const forged = 'x\n{"severity":"ERROR","message":"forged"}\r\n\u001b[2J\u009b31m\u202e'
    const [line = ''] = lines([{ severity: 'INFO', message: forged }])
    expect(line.split('\n')).toHaveLength(2)
    expect(JSON.parse(line).message).toBe(forged)
  })

  it('is cut when it is longer than anybody reads, and hides what is cut in two', () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${'QUJD'.repeat(3_000)}\n-----END PRIVATE KEY-----`
    const { message } = only({ severity: 'INFO', message: `${'é'.repeat(7_950)}${key}${' long'.repeat(5_000)}` })
    expect(message.length).toBeLessThan(8_100)
    expect(message).not.toContain('QUJDQUJD')
  })

  it('never throws, and says nothing when it cannot', () => {
    const broken = () => {
      throw new Error('EPIPE')
    }
    expect(lines([{ severity: 'INFO', message: 'x' }], { write: broken })).toEqual([])
    expect(lines([{ severity: 'INFO', message: 'x' }], { trace: broken })).toEqual([])
  })
})

describe('a trace', () => {
  it('is that of the request that is being worked on, through everything it waits for', async () => {
    const tracing = createTracing()
    const written: string[] = []
    const log = openCloudLog({
      write: (line) => written.push(line),
      now: () => 0,
      newId: () => 'id',
      project: 'acme-prod',
      service: { name: 'daybreak', version: '1' },
      trace: tracing.current,
    })
    const work = (name: string) => async () => {
      await new Promise((resolve) => setImmediate(resolve))
      log({ severity: 'INFO', message: name })
    }
    const other = TRACE.replaceAll('4', '5')
    await Promise.all([
      tracing.traced({ headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` } }, work('a')),
      tracing.traced({ headers: { 'x-cloud-trace-context': `${other}/74;o=0` } }, work('b')),
      tracing.traced({ headers: {} }, work('c')),
      work('d')(),
    ])
    const fields = written.map((line) => JSON.parse(line)).toSorted((x, y) => (x.message < y.message ? -1 : 1))
    expect(fields.map((one) => one['logging.googleapis.com/trace'])).toEqual([
      `projects/acme-prod/traces/${TRACE}`,
      `projects/acme-prod/traces/${other}`,
      undefined,
      undefined,
    ])
    expect(fields.map((one) => one['logging.googleapis.com/spanId'])).toEqual([
      '00f067aa0ba902b7',
      '000000000000004a',
      undefined,
      undefined,
    ])
    expect(fields[0]['logging.googleapis.com/trace_sampled']).toBe(true)
    expect(fields[1]['logging.googleapis.com/trace_sampled']).toBe(false)
  })

  it.each([
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-00f067aa0ba902b7-01`,
    `00-${TRACE}`,
    `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`,
    `${TRACE}"injected`,
    'x'.repeat(100_000),
  ])('is not read from %s', (traceparent) => {
    expect(readTrace({ traceparent })).toBeNull()
    expect(readTrace({ 'x-cloud-trace-context': traceparent })).toBeNull()
  })

  it('prefers the header of W3C, and reads a span of 64 bits', () => {
    const google = { 'x-cloud-trace-context': `${TRACE}/18446744073709551615;o=1` }
    expect(readTrace(google)).toEqual({ traceId: TRACE, spanId: 'f'.repeat(16), sampled: true })
    expect(readTrace({ 'x-cloud-trace-context': `${TRACE}/99999999999999999999` })?.spanId).toBeNull()
    expect(readTrace({ ...google, traceparent: `00-${'a'.repeat(32)}-00f067aa0ba902b7-00` })).toMatchObject({
      traceId: 'a'.repeat(32),
    })
  })
})
