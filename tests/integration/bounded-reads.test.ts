import { DatabaseSync } from 'node:sqlite'
import { Kysely, type KyselyPlugin } from 'kysely'
import { expect, it } from 'vitest'
import { createSqliteDialect } from '../../functions/adapters/sqlite/dialect.ts'
import { SQLITE } from '../../functions/adapters/sqlite/ledger.ts'
import { createLedger } from '../../functions/ledger/ledger.ts'
import { migrate } from '../../functions/ledger/migrate.ts'
import type { Schema } from '../../functions/ledger/schema.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import { plannerOf } from '../../functions/pipeline/plan/planners.ts'
import type { Change, Ledger } from '../../functions/pipeline/ports.ts'
import { askCompleteness } from '../../functions/pipeline/views/completeness.ts'
import { planBackfill } from '../../functions/pipeline/work/backfill.ts'
import { aDefinition, aSlice, at } from '../support/definition.ts'

const DAYS = 40
const START = '2025-02-05'
const NOW = at('2025-04-01T12:00:00Z')
const definition = aDefinition()

interface Counted {
  readonly ledger: Ledger
  readonly reads: { statements: number; rows: number }
}

/** A ledger that counts the statements sent to its database, and the rows that come back. */
async function openCounted(): Promise<Counted> {
  const reads = { statements: 0, rows: 0 }
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      reads.statements++
      reads.rows += result.rows.length
      return result
    },
  }
  const dialect = createSqliteDialect(new DatabaseSync(':memory:'), 1000)
  const db = new Kysely<Schema>({ dialect, plugins: [counting] })
  await migrate(db, { dialect: SQLITE, now: () => 1 })
  let id = 0
  return { ledger: createLedger(db, { dialect: SQLITE, newId: () => `id-${++id}`, now: () => 1 }), reads }
}

/** Two streams of both locations on so many days: half of them loaded. */
function slices(): readonly Change[] {
  return Array.from({ length: DAYS }, (_, day) => addDays(START, day)).flatMap((window) =>
    ['1001', '1002'].flatMap((shard) =>
      ['orders', 'payments'].map((stream): Change => {
        const state = stream === 'orders' ? 'loaded' : 'missing'
        return { change: 'slice', slice: aSlice({ shard, window, stream, state }) }
      }),
    ),
  )
}

const request = {
  ...{ pipeline: 'toast', from: START, to: addDays(START, DAYS - 1), streams: [] },
  ...{ unit: 'day' as const, fromArchive: false, force: false, reload: false },
} as const

// A range of days is two statements: the first asks for windows that are no dates, and most pipelines have none.
it('plans a backfill with two statements and one row per state, however many slices its range has', async () => {
  const { ledger, reads } = await openCounted()
  await ledger.apply(slices())
  Object.assign(reads, { statements: 0, rows: 0 })
  const ports = { ledger, clock: createVirtualClock({ now: NOW }) }
  const all = await planBackfill({ ...request, shards: [] }, definition, ports)
  expect(all).toMatchObject({ days: DAYS, shards: 2, states: { loaded: 2 * DAYS, missing: 2 * DAYS } })
  expect(reads).toEqual({ statements: 2, rows: 2 })
  const one = await planBackfill({ ...request, shards: ['1001'], streams: ['orders'] }, definition, ports)
  expect(one).toMatchObject({ days: DAYS, shards: 1, states: { loaded: DAYS } })
  expect(reads).toEqual({ statements: 4, rows: 3 })
  await ledger.close()
})

it('tells completeness from a few columns of each slice, and whole rows of those that are not finished', async () => {
  const { ledger, reads } = await openCounted()
  await ledger.apply(slices())
  Object.assign(reads, { statements: 0, rows: 0 })
  const range = { from: START, to: addDays(START, DAYS - 1) }
  const whole: (string | undefined)[] = []
  const counted: Ledger = {
    ...ledger,
    slices: async (filter) => {
      const found = await ledger.slices(filter)
      whole.push(...found.map(({ state }) => state))
      return found
    },
  }
  const { rows } = await askCompleteness(definition, range, {
    ledger: counted,
    clock: createVirtualClock({ now: NOW }),
  })
  expect(rows).toHaveLength(2 * DAYS)
  expect(new Set(whole)).toEqual(new Set(['missing']))
  expect(whole).toHaveLength(2 * DAYS)
  await ledger.close()
})

it('reads slices of the locations that a run names, and of no other', async () => {
  const { ledger, reads } = await openCounted()
  await ledger.apply(slices())
  Object.assign(reads, { statements: 0, rows: 0 })
  const windows = [START, addDays(START, 1)]
  await ledger.sliceLooks({ pipeline: 'toast', ...plannerOf(definition).span({ windows, shards: ['1001'] }, NOW) })
  expect(reads).toEqual({ statements: 2, rows: 4 })
  const days = [{ shard: '1002', windows: [START] }]
  await ledger.sliceLooks({ pipeline: 'toast', ...plannerOf(definition).span({ perShard: days }, NOW) })
  expect(reads).toEqual({ statements: 4, rows: 6 })
  await ledger.close()
})
