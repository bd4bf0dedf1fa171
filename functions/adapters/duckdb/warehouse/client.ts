import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import { firstLine, throwWarehouseFailed } from '../errors.ts'
import { holderOf, isWanted, PAUSE, wantFile, wantFileNoMore } from '../waiting-writer.ts'

// As DuckDB says that an instance of this process was opened for reading, or for writing.
const OTHER_MODE = 'different configuration than existing connections'

// The tries of a second.
const CLOSE_TRIES = 40

/** Path, memory and patience of an opened file. */
export interface OpenOptions {
  readonly path: string
  /** As DuckDB writes it, e.g. `512MB`. */
  readonly memoryLimit: string
  /** Milliseconds to wait for another process that holds the file. */
  readonly patience: number
  /** Opens the file for reading only, next to other readers, and never makes it. */
  readonly readOnly?: boolean
}

/** A file in our hands. */
export interface OpenFile {
  readonly instance: DuckDBInstance
  readonly connection: DuckDBConnection
  readonly known: Map<string, string>
}

/** Opens the file, or makes it. @throws {DaybreakError} WAREHOUSE_BUSY when another process holds it for too long. */
export async function openFile({ path, memoryLimit, patience, readOnly = false }: OpenOptions): Promise<OpenFile> {
  const deadline = performance.now() + patience
  if (readOnly && !existsSync(path)) throw new DaybreakError('NOT_FOUND', 'there are no tables yet: nothing was loaded')
  await mkdir(dirname(resolve(path)), { recursive: true }).catch(throwWarehouseFailed(`make the folder of ${path}`))
  let hasWaited = false
  let tries = 0
  try {
    for (;;) {
      const holder = await tryToOpen({ path, memoryLimit, readOnly })
      if (typeof holder !== 'string') return holder
      if (performance.now() >= deadline) throw busy(path, holder, readOnly)
      hasWaited = true
      if (!readOnly) wantFile(path)
      // A look is over soon: the first tries of a writer follow each other closely.
      await pause(!readOnly && tries++ < CLOSE_TRIES ? PAUSE / 4 : PAUSE)
    }
  } finally {
    if (hasWaited && !readOnly) wantFileNoMore(path)
  }
}

/** The file, or the process that has it. */
async function tryToOpen({ path, memoryLimit, readOnly }: Required<Omit<OpenOptions, 'patience'>>) {
  if (readOnly && isWanted(path)) return 'a process waits to write it'
  try {
    // From the cache: a second instance of one file in one process gets past DuckDB's lock, and damages the file.
    const instance = await DuckDBInstance.fromCache(resolve(path), settings(memoryLimit, readOnly))
    return { instance, connection: await instance.connect(), known: new Map<string, string>() }
  } catch (error) {
    if (firstLine(error).includes(OTHER_MODE)) return await tryToShare({ path, memoryLimit, readOnly })
    return holderOf(error) ?? throwWarehouseFailed(`open the warehouse ${path}`)(error)
  }
}

/** This process has the file open in the other mode: a look shares what writes it, and a writer waits until looks are over. */
async function tryToShare({ path, memoryLimit, readOnly }: Required<Omit<OpenOptions, 'patience'>>) {
  if (!readOnly) return 'this process, which reads it'
  try {
    const instance = await DuckDBInstance.fromCache(resolve(path), settings(memoryLimit, false))
    return { instance, connection: await instance.connect(), known: new Map<string, string>() }
  } catch (error) {
    if (firstLine(error).includes(OTHER_MODE)) return 'this process, which opens it'
    return holderOf(error) ?? throwWarehouseFailed(`open the warehouse ${path}`)(error)
  }
}

/** Closes the file. What is in its log goes into it first, while other work runs; closing alone would do that and block. */
export async function closeFile(
  { instance, connection }: OpenFile,
  { checkpoint, onFailure }: { readonly checkpoint: boolean; readonly onFailure: (failure: unknown) => void },
): Promise<void> {
  try {
    // Without it nothing is lost: the log is read when the file is opened again. But it grows, and the disk may be full.
    if (checkpoint) await connection.run('CHECKPOINT').catch(onFailure)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function settings(memoryLimit: string, readOnly: boolean): Record<string, string> {
  return {
    ...(readOnly && { access_mode: 'READ_ONLY' }),
    memory_limit: memoryLimit,
    // Two threads take twice the processor time and longer on the clock: small parts are read one after the other, and the
    // second thread spins while it waits (duckdb#22178).
    threads: '1',
    // Each checkpoint writes the last 122,880 rows of each table anew, so a few large ones cost less than many small ones.
    // The price is the log that has to be read again after a crash: a few seconds at this size.
    checkpoint_threshold: '128MB',
  }
}

function busy(path: string, holder: string, readOnly: boolean): DaybreakError {
  const what = `cannot open ${path} for ${readOnly ? 'reading' : 'writing'}`
  return new DaybreakError('WAREHOUSE_BUSY', `${what}: ${holder}`, { details: { path } })
}
