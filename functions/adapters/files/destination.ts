import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DaybreakError } from '../../errors.ts'
import { subtractDecimals, sumTotals } from '../../lib/decimal.ts'
import { hashFile } from '../../lib/hash-file.ts'
import { epochOf } from '../../lib/job-id.ts'
import {
  type Destination,
  expectWriting,
  type JobReference,
  type LoadJob,
  type LoadStatus,
  type Started,
  type Table,
  type TargetPlan,
  type Writing,
} from '../../pipeline/destination.ts'
import type { FileSink, TableEngine } from '../../pipeline/tables/ports.ts'
import { valueType } from '../../sql/dialects/duckdb/values.ts'
import { instantText } from './columns.ts'
import { readBackSql, writeSql } from './file-table.ts'
import { type FileLoad, LOADS, loadName, parseLoad } from './load-record.ts'
import { fileOf } from './names.ts'

/** Place of files, and the engine that writes them. */
interface FilesDestinationOptions {
  readonly sink: FileSink
  readonly engine: () => Promise<TableEngine>
  readonly withScratch: <Result>(work: (folder: string) => Promise<Result>) => Promise<Result>
}

/**
 * Tables as files. A load writes one file, reads it back, and puts it in its place as a whole; then it goes on record in
 * `_daybreak`. A load that died in between writes the same file into the same place again.
 */
export function openFilesDestination(options: FilesDestinationOptions): Destination {
  const { sink } = options
  return {
    can: { replace: true, merge: false, transaction: false, ddl: true, remembersJobs: true, query: false },
    async ensureTable(table) {
      const [refusal] = refusalsOf(table)
      if (refusal !== undefined) throw new DaybreakError('LOAD_REJECTED', refusal)
    },
    async planTable(table): Promise<TargetPlan> {
      const known = await loadsOf(sink, table)
      const types = writingOf(table).columns.map((column) => (column.type === 'json' ? 'JSON' : valueType(column)))
      return { isNew: known.length === 0, types, statements: [], refusals: refusalsOf(table) }
    },
    describeTable: async () => null,
    startLoad: (job) => startLoad(job, options),
    loadStatus: async (job) => toStatus(await findLoad(sink, job)),
    isRunning: async () => false,
    async partitionTotals(table) {
      const newest = (await loadsOf(sink, table)).findLast((load) => load.state === 'done')
      return { rows: newest?.rows ?? 0, totals: newest?.totals ?? {}, sources: null }
    },
    shardTotals: async () => null,
    async survey(tables, windows) {
      const found = await Promise.all(tables.map((table) => loadsOf(sink, table)))
      const byWindow = Map.groupBy(found.flat(), ({ stream, window }) => JSON.stringify([stream, window]))
      return [...byWindow.values()].flatMap((loads) => {
        const [first] = loads
        if (first === undefined || !windows.includes(first.window)) return []
        return [
          {
            stream: first.stream,
            window: first.window,
            epoch: Math.max(...loads.map(({ epoch }) => epoch)),
            rows: null,
          },
        ]
      })
    },
    async recordedWindows(table) {
      const done = (await loadsOf(sink, table)).filter(({ state }) => state === 'done')
      return done.map(({ window, number }) => ({ window, number })).toSorted((a, b) => a.number - b.number)
    },
    close: async () => undefined,
  }
}

const writingOf = (table: Table): Writing => expectWriting(table, 'a folder')

function refusalsOf(table: Table): readonly string[] {
  const { strategy, stream } = writingOf(table)
  if (strategy === 'replace' || strategy === 'append') return []
  return [
    `${stream} is written with \`on_conflict: ${strategy}\`, and files have no rows to find by their keys; say \`mode: full\`, \`append\` or \`snapshot\``,
  ]
}

async function findLoad(sink: FileSink, { id, table }: Pick<JobReference, 'id' | 'table'>): Promise<FileLoad | null> {
  const text = await sink.get(loadName(writingOf(table), id))
  return text === null ? null : parseLoad(text)
}

/** Loads of a table, by the number of their window. */
async function loadsOf(sink: FileSink, table: Table): Promise<readonly FileLoad[]> {
  const { pipeline, stream } = writingOf(table)
  const folder = `${LOADS}/${pipeline}/${stream}`
  const texts = await Promise.all((await sink.list(folder)).map((name) => sink.get(`${folder}/${name}`)))
  return texts.flatMap((text) => (text === null ? [] : parseLoad(text)))
}

function toStatus(load: FileLoad | null): LoadStatus | null {
  if (load === null) return null
  if (load.state === 'failed') return { state: 'failed', permanent: true, message: load.message }
  return { state: 'done', rows: load.rows, totals: load.totals, sources: null }
}

async function startLoad(job: LoadJob, options: FilesDestinationOptions): Promise<Started> {
  const { sink, withScratch } = options
  const known = await findLoad(sink, job)
  if (known !== null && known.content !== job.content)
    throw new DaybreakError('JOB_CONFLICT', `a load ${job.id} exists, and loaded other content`)
  if (known !== null) return { created: false }
  return await withScratch(async (folder) => {
    try {
      await record(sink, job, await writeWindow(job, { ...options, folder }))
    } catch (error) {
      if (!(error instanceof DaybreakError) || error.code !== 'LOAD_REJECTED') throw error
      await record(sink, job, { state: 'failed', message: error.message })
    }
    return { created: true }
  })
}

type Outcome =
  | Pick<Extract<FileLoad, { readonly state: 'done' }>, 'state' | 'rows' | 'totals' | 'file' | 'bytes' | 'sha256'>
  | Pick<Extract<FileLoad, { readonly state: 'failed' }>, 'state' | 'message'>

async function record(sink: FileSink, { id, table, window, content }: LoadJob, outcome: Outcome): Promise<void> {
  const { pipeline, stream, number, columns } = writingOf(table)
  const load = {
    ...{ version: 1, load_id: id, pipeline, stream, window, number, content, epoch: epochOf(id) },
    ...outcome,
    columns: columns.map(({ name, type, precision, scale }) => ({ name, type, precision, scale })),
  }
  await sink.create(loadName(writingOf(table), id), `${JSON.stringify(load, null, 1)}\n`)
}

/** Writes the file of a window, proves it, and puts it in its place. */
async function writeWindow(
  { table, window, entries }: LoadJob,
  { sink, engine, folder }: FilesDestinationOptions & { readonly folder: string },
): Promise<Outcome> {
  const writing = writingOf(table)
  const { columns, stamp, totals } = writing
  await expectNewest(sink, table, window)
  const file = fileOf(table.name, writing.strategy, window)
  const path = join(folder, 'rows')
  const parts = entries.flatMap(({ part }) => (part.rows > 0 ? [part.uri] : []))
  const sql = await engine()
  await sql.sql(
    writeSql({
      ...{ parts, path, name: file },
      columns: columns.map((column, place) => ({ column, place })),
      stamp: stamp && { column: stamp.column, value: `TIMESTAMPTZ '${instantText(stamp.at)}'` },
    }),
  )
  const back = readBackSql(path, file, totals)
  const [counted = []] = await sql.sql(back.sql)
  const rows = entries.reduce((sum, { part }) => sum + part.rows, 0)
  const listed = sumTotals(entries.map((entry) => entry.totals))
  expectEqual(file, 'rows', counted[0] ?? '0', String(rows))
  const found = Object.fromEntries(back.totals.map(({ name }, at) => [name, counted[at + 1] ?? '0']))
  for (const { name } of back.totals) if (rows > 0) expectEqual(file, name, found[name] ?? '0', listed[name] ?? '0')
  const { size: bytes } = await stat(path)
  const sha256 = await hashFile(path)
  // Asked again: another worker may have been faster while this one wrote.
  await expectNewest(sink, table, window)
  await sink.put(file, path)
  return { state: 'done', rows, totals: { ...listed, ...found }, file, bytes, sha256 }
}

async function expectNewest(sink: FileSink, table: Table, window: string): Promise<void> {
  const { number, stream } = writingOf(table)
  const newer = (await loadsOf(sink, table)).findLast((load) => load.state === 'done' && load.number > number)
  if (newer === undefined) return
  throw new DaybreakError(
    'LOAD_REJECTED',
    `window ${window} of ${stream} is older than ${newer.window}, which is loaded`,
  )
}

function expectEqual(file: string, what: string, found: string, expected: string): void {
  if (/^-?0(\.0*)?$/.test(subtractDecimals(found, expected))) return
  throw new DaybreakError(
    'LOAD_REJECTED',
    `${file} holds ${what} of ${found}, expected ${expected}; nothing was put in its place`,
  )
}
