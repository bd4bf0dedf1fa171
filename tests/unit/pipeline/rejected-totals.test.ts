import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTableEngine } from '../../../functions/adapters/duckdb/tables/engine.ts'
import { landShard } from '../../../functions/pipeline/tables/land-shard.ts'
import type { TableEngine, WindowView } from '../../../functions/pipeline/tables/ports.ts'
import { WHOLE } from '../../../functions/pipeline/tables/shards.ts'
import type { WindowPlan } from '../../../functions/pipeline/tables/window-plan.ts'
import { createMemoryObjects } from '../../support/memory-objects.ts'

let folder: string
let engine: TableEngine

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-totals-'))
  engine = await openTableEngine({ lanes: 1, memoryLimit: '256MB', tempDir: folder })
})

afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true })
})

const column = (name: string, type: 'int64' | 'string') => ({
  ...{ name, type, precision: null, scale: null, native: null, isRequired: false },
  ...({ prefer: 'source', labels: null, isGenerated: false } as const),
})
const columns = [column('id', 'int64'), column('name', 'string'), column('amount', 'int64')]

const PLAN: WindowPlan = {
  ...{ version: 1, pipeline: 'p', stream: 's', number: 1, window: 'w000001', at: 0, generation: 'g', mode: 'full' },
  ...{ strategy: 'overwrite', level: 'totals', from: { schema: '', name: 't' }, where: null, range: null },
  ...{ columns, sourceColumns: columns, key: ['id'], distinctBy: '', asText: false, into: { schema: 'p', name: 's' } },
  ...{ create: { table: true, columns: false }, stamp: null, shardBy: null, shards: 1, workers: 1 },
}

/** Six rows: the key 1 twice, no key once, and a number that is none. */
const ROWS = '"1","a","10"\n"1","bb","20"\n"2","ccc","30"\n,"d","40"\n"3","e","x"\n"4","f","50"\n'
const SUMS = { id: '11', 'id:values': '5', name: '9', 'name:values': '6', amount: '150', 'amount:values': '6' }

async function land(totals: Readonly<Record<string, string>>) {
  const view: WindowView = {
    isShared: true,
    read: () => ({
      rows: () => 6,
      async *[Symbol.asyncIterator]() {
        yield Buffer.from(ROWS)
      },
    }),
    totals: async () => ({ rows: 6, totals }),
    limits: async () => [],
    close: async () => undefined,
  }
  const scratch = await mkdtemp(join(folder, 'scratch-'))
  return await landShard({ plan: PLAN, shard: WHOLE, view, engine, scratch }, { objects: createMemoryObjects() })
}

it('compares the sums of a source with the accepted and the rejected rows', async () => {
  const { delivery, faults } = await land(SUMS)
  expect(delivery.counts).toMatchObject({ accepted: 3, rejected: 3 })
  expect(faults).toBe(2)
  expect(delivery.totals).toMatchObject({ id: '7', amount: '100', name: '6' })
})

it('finds a row of which another value was read than the source has', async () => {
  await expect(land({ ...SUMS, name: '10' })).rejects.toThrow('name is 7 at the source, and 6 of what was read')
})

it('leaves out the sum of a column with a value that the source may have counted in a way of its own', async () => {
  await expect(land({ ...SUMS, amount: '151' })).resolves.toBeDefined()
})
