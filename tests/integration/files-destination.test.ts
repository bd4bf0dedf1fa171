import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTableEngine } from '../../functions/adapters/duckdb/tables/engine.ts'
import { openFilesDestination } from '../../functions/adapters/files/destination.ts'
import { openFolderSink } from '../../functions/adapters/folder/sink.ts'
import { scratchBelow } from '../../functions/compose/ports.ts'
import type { LoadJob, WrittenColumn } from '../../functions/pipeline/destination.ts'
import type { FileSink, TableEngine } from '../../functions/pipeline/tables/ports.ts'

let folder: string
let engine: TableEngine

const ID: WrittenColumn = {
  ...{ name: 'id', type: 'int64', precision: null, scale: null, native: null },
  ...{ isRequired: true, prefer: 'source', labels: null },
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-files-'))
  engine = await openTableEngine({ lanes: 1, memoryLimit: '256MB', tempDir: folder })
})

afterAll(async () => {
  await engine?.close()
  await rm(folder, { recursive: true, force: true })
})

function destinationOf(root: string, wrap: (sink: FileSink) => FileSink = (sink) => sink) {
  return openFilesDestination({
    sink: wrap(openFolderSink({ root: join(folder, root) })),
    engine: async () => engine,
    withScratch: scratchBelow(folder),
  })
}

/** The load of a window whose rows are so many numbers. */
async function jobOf(number: number, rows: number, sum = (rows * (rows - 1)) / 2): Promise<LoadJob> {
  const uri = join(folder, `part-${number}-${rows}.parquet`)
  await engine.sql(`COPY (SELECT i AS c0 FROM range(${rows}) t(i)) TO '${uri}' (FORMAT parquet)`)
  const window = `s${number}`
  return {
    id: `local_p_t_${window}_e1_a1_${rows}`,
    window,
    content: `${number}-${rows}`,
    runId: 'run',
    table: {
      ...{ schema: '', name: 't.csv', description: '', columns: [], clusterBy: [], totals: ['id'] },
      ...{ rawColumn: null, shardColumn: null, partitionColumn: null },
      writing: {
        ...{ pipeline: 'p', stream: 't', number, strategy: 'replace', key: [], columns: [ID], asText: false },
        totals: [{ name: 'id', column: ID, measure: 'sum' }],
        create: { table: true, columns: false },
        stamp: null,
      },
    },
    entries: [
      {
        ...{ shard: 'all', stream: 't', rawSha256: 'x', totals: { id: String(sum) } },
        part: { uri, rows, bytes: 1, sha256: 'x' },
      },
    ],
  }
}

it('writes the same file again where a worker died between file and record', async () => {
  const job = await jobOf(1, 3)
  let failures = 1
  const dying = destinationOf('die', (sink) => ({
    ...sink,
    create: async (path, text) => {
      if (failures-- > 0) throw new Error('killed')
      return await sink.create(path, text)
    },
  }))
  await expect(dying.startLoad(job)).rejects.toThrow('killed')
  expect(await dying.loadStatus(job)).toBeNull()
  expect(await dying.startLoad(job)).toEqual({ created: true })
  expect(await readFile(join(folder, 'die/t.csv'), 'utf8')).toBe('id\n0\n1\n2\n')
  expect(await dying.loadStatus(job)).toEqual({ state: 'done', rows: 3, totals: { id: '3' }, sources: null })
  expect(await readdir(join(folder, 'die/_daybreak/loads/p/t'))).toHaveLength(1)
})

it('uses an id once, and lets no older window follow a newer one', async () => {
  const destination = destinationOf('once')
  const [first, second] = [await jobOf(1, 2), await jobOf(2, 4)]
  expect(await destination.startLoad(second)).toEqual({ created: true })
  expect(await destination.startLoad(second)).toEqual({ created: false })
  await expect(destination.startLoad({ ...second, content: 'other' })).rejects.toMatchObject({ code: 'JOB_CONFLICT' })
  await destination.startLoad(first)
  expect(await destination.loadStatus(first)).toMatchObject({
    state: 'failed',
    message: 'window s1 of t is older than s2, which is loaded',
  })
  expect(await readFile(join(folder, 'once/t.csv'), 'utf8')).toBe('id\n0\n1\n2\n3\n')
  expect(await destination.partitionTotals(second.table, 's2')).toMatchObject({ rows: 4, totals: { id: '6' } })
  expect(await destination.survey([second.table], ['s2'])).toEqual([
    { stream: 't', window: 's2', epoch: 1, rows: null },
  ])
})

it('puts nothing in its place that differs from the window', async () => {
  const destination = destinationOf('other')
  const job = await jobOf(1, 3, 4)
  await destination.startLoad(job)
  expect(await destination.loadStatus(job)).toMatchObject({
    state: 'failed',
    message: 't.csv holds id of 3, expected 4; nothing was put in its place',
  })
  expect(await readdir(join(folder, 'other'))).toEqual(['_daybreak'])
})

it('refuses a path that leads out of its folder', async () => {
  const sink = openFolderSink({ root: join(folder, 'root') })
  await expect(sink.put('../x', join(folder, 'x'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  expect(await sink.create('a/b.json', '1')).toBe(true)
  expect(await sink.create('a/b.json', '2')).toBe(false)
  expect(await sink.get('a/b.json')).toBe('1')
  expect(await sink.get('a/c.json')).toBeNull()
  expect(await sink.list('none')).toEqual([])
})
