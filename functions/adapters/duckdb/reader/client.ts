import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import { quoteIdentifier, quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { readRows } from '../connection.ts'
import { throwWarehouseFailed } from '../errors.ts'
import { holderOf, isWanted, PAUSE } from '../waiting-writer.ts'
import type { Request } from './protocol.ts'

const MOST_THREADS = 4
const MOST_TEMPORARY = '8GB'

/** The warehouse, opened for one question. */
interface Reading {
  readonly connection: DuckDBConnection
  /** Lets writers have the file. */
  close(): void
}

/**
 * Opens the warehouse so that a question can read its tables and nothing else: no write, no file, no network, no extension, no change of
 * these settings. Only for a process that never opens the file for writing: closing the file releases the locks of the whole process.
 * @throws {DaybreakError} NOT_FOUND, WAREHOUSE_BUSY.
 */
export async function openForReading(request: Request, onWait: (holder: string) => void): Promise<Reading> {
  if (!existsSync(request.path)) throw new DaybreakError('NOT_FOUND', 'there are no tables yet: nothing was loaded')
  const instance = await openPatiently(request, onWait)
  const connection = await instance.connect()
  const close = () => {
    connection.closeSync()
    instance.closeSync()
  }
  try {
    await restrict(connection, request)
    return { connection, close }
  } catch (error) {
    close()
    throw error
  }
}

async function openPatiently(request: Request, onWait: (holder: string) => void): Promise<DuckDBInstance> {
  const { path, patience } = request
  const deadline = performance.now() + patience
  for (let isFirst = true; ; isFirst = false) {
    const holder = isWanted(path) ? 'a process waits to write it' : await tryToOpen(request)
    if (typeof holder !== 'string') return holder
    if (performance.now() >= deadline)
      throw new DaybreakError('WAREHOUSE_BUSY', `cannot read ${path} while it is written: ${holder}`)
    if (isFirst) onWait(holder)
    await pause(PAUSE)
  }
}

/** The file, or the process that has it. */
async function tryToOpen({ path, memoryLimit, tempDir }: Request): Promise<DuckDBInstance | string> {
  try {
    return await DuckDBInstance.create(path, {
      access_mode: 'READ_ONLY',
      memory_limit: memoryLimit,
      threads: String(Math.min(MOST_THREADS, availableParallelism())),
      temp_directory: tempDir,
      max_temp_directory_size: MOST_TEMPORARY,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
    })
  } catch (error) {
    return holderOf(error) ?? throwWarehouseFailed(`open the warehouse ${path}`)(error)
  }
}

async function restrict(connection: DuckDBConnection, { schemas, into }: Request): Promise<void> {
  const found = await readRows(connection, 'SELECT schema_name FROM duckdb_schemas() WHERE NOT internal')
  const known = schemas.filter((schema) => found.some(([name]) => name === schema))
  const path = known.map((schema) => quoteIdentifier(schema)).join(',')
  await connection.run(`SET TimeZone = 'UTC'`)
  if (path !== '') await connection.run(`SET search_path = ${quoteString(path)}`)
  if (into) await connection.run(`SET allowed_paths = [${quoteString(into.path)}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}
