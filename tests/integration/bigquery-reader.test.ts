import { BigQuery } from '@google-cloud/bigquery'
import { PassThroughClient } from 'google-auth-library'
import { expect, it } from 'vitest'
import { openBigqueryReader } from '../../functions/adapters/bigquery/reader.ts'
import type { Answer, Question } from '../../functions/pipeline/ports.ts'
import { type BigqueryWorld, bigqueryWorld } from '../support/bigquery.ts'

function open({ server, clock, logged }: BigqueryWorld) {
  const { project, url: endpoint } = server
  const log = (entry: (typeof logged)[number]) => void logged.push(entry)
  const bounds = { maximumBytesBilled: 10_737_418_240, dataset: 'toast' }
  return openBigqueryReader({ project, location: 'US', endpoint, clock, log, random: () => 0.5, ...bounds })
}

function question(sql: string, more: Partial<Question> = {}): Question {
  const { signal } = new AbortController()
  return { sql, limit: 100, countTo: 1_000_000, timeout: 60_000, signal, onWait: () => undefined, ...more }
}

async function rowsOf({ batches }: Answer): Promise<readonly (readonly (string | null)[])[]> {
  const all: (readonly (string | null)[])[] = []
  for await (const rows of batches) all.push(...rows)
  return all
}

it('gives as many rows as were asked for, in pages, and says how many there are', async () => {
  const { server, ...world } = await bigqueryWorld()
  const reader = open({ server, ...world })
  const client = new BigQuery({
    projectId: server.project,
    apiEndpoint: server.url,
    authClient: new PassThroughClient(),
  })
  await client.query('CREATE TABLE toast.days (n INT64)')
  await server.rows('INSERT INTO toast.days SELECT i FROM range(25000) r(i)')
  const numbers = 'SELECT n FROM days'
  const some = await reader.ask(question(numbers, { limit: 50 }))
  expect(await rowsOf(some)).toHaveLength(50)
  expect(some.count()).toEqual({ rows: 25_000, all: true })
  expect(await rowsOf(await reader.ask(question(numbers, { limit: 1_000_000 })))).toHaveLength(25_000)
})

it('prints instants in UTC with their offset', async () => {
  const answer = await open(await bigqueryWorld()).ask(question("SELECT TIMESTAMP '2026-01-05 09:30:00.5+00' AS at"))
  expect(answer.columns).toEqual([{ name: 'at', type: 'TIMESTAMP' }])
  expect(await rowsOf(answer)).toEqual([['2026-01-05 09:30:00.5+00']])
})

it.each([
  'DROP TABLE toast.days',
  'INSERT INTO toast.days (n) VALUES (1)',
  'SELECT 1; DROP TABLE toast.days',
  'EXPORT DATA OPTIONS (uri = "gs://x/*") AS SELECT 1',
  'SELEC 1',
  '',
])('refuses %j', async (sql) => {
  await expect(open(await bigqueryWorld()).ask(question(sql))).rejects.toMatchObject({ code: 'USAGE_INVALID' })
})

it('stops when its asker leaves, and cancels the job', async () => {
  const world = await bigqueryWorld()
  const asker = new AbortController()
  asker.abort()
  const answer = open(world).ask(question('SELECT 1 AS n', { signal: asker.signal }))
  await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' })
})
