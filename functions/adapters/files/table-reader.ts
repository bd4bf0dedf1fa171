import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { DaybreakError, toDaybreakError } from '../../errors.ts'
import type {
  Bounds,
  CursorRange,
  DiscoveredTable,
  TableEngine,
  TableReader,
  WindowAsk,
} from '../../pipeline/tables/ports.ts'
import { DUCKDB_DIGEST } from '../../sql/dialects/duckdb/canonical.ts'
import { HIDDEN, instantOf, instantText, MODIFIED_AT } from './columns.ts'
import { type CopiedFile, copyFiles } from './copies.ts'
import { csvColumns } from './csv.ts'
import { toUnreadable } from './errors.ts'
import { jsonlColumns } from './jsonl.ts'
import { parquetColumns } from './parquet.ts'
import { type RawFile, rawTable, rawTotals, writeRaw } from './raw.ts'
import {
  type FileFormat,
  type FilePlace,
  type FileTable,
  findPatterns,
  fingerprintOf,
  matcher,
  selectFiles,
  withSource,
} from './select.ts'

/** Files, and what their rows are read with. */
interface FilesTableReaderOptions extends FilePlace {
  readonly engine: () => Promise<TableEngine>
  readonly withScratch: <Result>(work: (folder: string) => Promise<Result>) => Promise<Result>
}

/** No destination is of this kind: values of files always get types. */
const SYSTEM = 'files'

/**
 * Reads files as tables: those that a pattern names are one, such as `prices/*.csv`. They are copied first, so that a window holds
 * each file as it was at one moment.
 */
export function openFilesTableReader(options: FilesTableReaderOptions): TableReader {
  const { connector, engine, withScratch } = options
  const known = new Map<string, DiscoveredTable>()
  const held: RawFile[] = []

  const describe = async (pattern: string): Promise<DiscoveredTable | null> =>
    await withSource(options, async (source) => {
      const table = await selectFiles(options, source, pattern)
      if (table === null) return null
      const fingerprint = fingerprintOf(table.files)
      const before = known.get(pattern)
      if (before?.fingerprint === fingerprint) return before
      const columns = await withScratch(async (folder) =>
        columnsOf(table.format, await copyFiles(source, table.files, { folder }), await engine()),
      )
      const described = toTable(pattern, table, columns)
      known.set(pattern, described)
      return described
    })

  return {
    name: connector.name,
    system: SYSTEM,
    async test() {
      const before = performance.now()
      await withSource(options, (source) => source.listFiles(options.root))
      const milliseconds = Math.round(performance.now() - before)
      const isEncrypted = !connector.name.startsWith('/')
      return { name: connector.name, version: 'files', isEncrypted, milliseconds, mayWrite: false }
    },
    async *discover(pattern = '*', skip) {
      const found = await withSource(options, (source) => findPatterns(options, source))
      for (const one of found.filter((name) => matcher(pattern).test(name))) {
        const table = await describe(one).catch((error: unknown) => {
          const failure = toDaybreakError(error)
          if (skip === undefined || failure.retryable || failure.code === 'INTERNAL') throw failure
          skip(one, failure)
          return null
        })
        if (table !== null) yield table
      }
    },
    describe,
    bounds: (ask, cursor) =>
      withSource(options, async (source) =>
        boundsOf(await selectFiles(options, source, ask.table.name), cursor, options.clock.now()),
      ),
    earlier: async (_, value, milliseconds) => instantText(instantOf(value) - milliseconds),
    side(ask, key) {
      const view = `daybreak_side_${randomBytes(6).toString('hex')}`
      const all = ask.columns.map((column, place) => ({ column, value: `c${place}` }))
      let prepared: Promise<void> | null = null
      const prepare = async () => {
        const raw = await openRaw(options, { ...ask, range: null, workers: 1 })
        await (await engine()).sql(`CREATE VIEW ${view} AS ${rawTable(raw, ask.columns)}`)
        held.push(raw)
      }
      return {
        digest: { from: view, columns: all, key: all.filter(({ column }) => key.includes(column.name)) },
        dialect: DUCKDB_DIGEST,
        async query(sql) {
          prepared ??= prepare()
          await prepared
          return await (await engine()).sql(sql)
        },
      }
    },
    async open(ask, signal) {
      const raw = await openRaw(options, ask, signal)
      return {
        isShared: true,
        read: () => ({
          rows: () => raw.files.reduce((sum, { rows }) => sum + rows, 0),
          files: () => raw.files,
          [Symbol.asyncIterator]: () => createReadStream(raw.path, { highWaterMark: CHUNK })[Symbol.asyncIterator](),
        }),
        totals: async (_, totals) => rawTotals(raw, ask, { totals, engine: await engine() }),
        limits: async () => [],
        close: async () => raw.release(),
      }
    },
    async close() {
      // The engine may be closed by now; a view without its file costs it nothing.
      for (const raw of held.splice(0)) raw.release()
    },
  }
}

const CHUNK = 1 << 20

function toTable(pattern: string, { files }: FileTable, columns: DiscoveredTable['columns']): DiscoveredTable {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const names = new Set(columns.map(({ name }) => name))
  return {
    ...{ schema: '', name: pattern, primaryKey: [], uniqueKeys: [], indexed: [] },
    columns: [...columns, ...HIDDEN.filter(({ name }) => !names.has(name))],
    estimatedRows: null,
    estimatedBytes: bytes,
    fingerprint: fingerprintOf(files),
  }
}

async function columnsOf(format: FileFormat, copies: readonly CopiedFile[], engine: TableEngine) {
  if (format === 'csv') return await csvColumns(copies)
  if (format === 'jsonl') return await jsonlColumns(copies)
  return await parquetColumns(copies, engine).catch(toUnreadable(copies))
}

function boundsOf(
  table: FileTable | null,
  { column, lag }: { readonly column: string; readonly lag: number },
  now: number,
): Bounds {
  if (column !== MODIFIED_AT)
    throw new DaybreakError(
      'CONFIG_INVALID',
      `the cursor ${JSON.stringify(column)} is a column of the rows; files are new or changed by ${MODIFIED_AT}`,
    )
  const times = (table?.files ?? []).map(({ modifiedAt }) => modifiedAt).filter((at) => at <= now - lag)
  return {
    high: times.length === 0 ? null : instantText(Math.max(...times)),
    rows: BigInt(table?.files.length ?? 0),
    nulls: 0n,
  }
}

/** Copies the files of a window and writes their rows. The files are kept until they are released. */
async function openRaw(options: FilesTableReaderOptions, ask: WindowAsk, signal?: AbortSignal): Promise<RawFile> {
  const { withScratch, engine } = options
  return await new Promise<RawFile>((resolve, reject) => {
    withScratch(async (folder) => {
      const raw = await withSource(
        options,
        async (source) => {
          const table = await selectFiles(options, source, ask.table.name)
          if (table === null)
            throw new DaybreakError('FILE_CHANGED', `the files ${ask.table.name} of ${options.connector.name} are gone`)
          const files = table.files.filter(({ modifiedAt }) => isInside(modifiedAt, ask.range))
          const copies = await copyFiles(source, files, { folder, signal })
          return await writeRaw(copies, ask, {
            format: table.format,
            path: join(folder, 'rows.csv'),
            engine: await engine(),
          })
        },
        signal,
      )
      await new Promise<void>((release) => resolve({ ...raw, release }))
    }).catch(reject)
  })
}

function isInside(at: number, range: CursorRange | null): boolean {
  if (range === null) return true
  return at <= instantOf(range.high) && (range.low === null || at > instantOf(range.low))
}
