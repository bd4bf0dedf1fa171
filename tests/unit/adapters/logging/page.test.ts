import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { createLog } from '../../../../cli/log.ts'
import { openCloudLog } from '../../../../functions/adapters/logging/log.ts'
import type { LogEntry } from '../../../../functions/pipeline/ports.ts'

// Every member, so that the compiler asks for a new one here.
const ENTRY: Required<LogEntry> = {
  severity: 'ERROR',
  message: 'a sentence',
  code: 'INTERNAL',
  runId: '01a23291-33cd-76f0-bf34-edf039eb4b77',
  step: 'load',
  pipeline: 'toast',
  stream: 'order_details',
  shard: '185001',
  window: '2026-11-10',
  milliseconds: 5,
  counts: {},
  stack: 'at load',
}
const NOW = Date.parse('2026-11-11T09:00:00Z')

const rows = readFileSync('docs/logs.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').slice(1, 5))
/** Names in a column of the table of the page. A name that repeats its first part leaves it out. */
const named = (at: number) =>
  new Set(rows.flatMap((cells) => [...(cells[at] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)))

it('docs/logs.md names every member of an entry', () => {
  expect(Object.keys(ENTRY).filter((name) => !named(0).has(name))).toEqual([])
})

it('docs/logs.md names every field of a line of --log-format json', () => {
  const stream = new PassThrough()
  createLog(
    stream,
    { verbosity: 'verbose', logFormat: 'json', color: { stdout: false, stderr: false } },
    () => NOW,
  )(ENTRY)
  const fields = Object.keys(JSON.parse(String(stream.read())))
  expect(fields.filter((name) => !named(1).has(name))).toEqual([])
  expect(fields.length).toBeGreaterThan(9)
})

it('docs/logs.md names every field of a line for Google Cloud', () => {
  const lines: string[] = []
  openCloudLog({
    ...{ write: (line) => lines.push(line), now: () => NOW, newId: () => '1', project: 'acme' },
    ...{ service: { name: 'daybreak', version: '1' }, labels: { environment: 'prod' } },
    trace: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true }),
  })(ENTRY)
  const known = new Set([...named(1), ...named(2)])
  const fields = Object.keys(JSON.parse(lines[0] ?? ''))
  expect(fields.filter((name) => !known.has(name) && !known.has(name.replace('logging.googleapis.com/', '')))).toEqual(
    [],
  )
  expect(fields.length).toBeGreaterThan(15)
})
