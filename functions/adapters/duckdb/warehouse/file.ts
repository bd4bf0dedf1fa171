import { resolve } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import { isBroken } from '../errors.ts'
import { closeFile, type OpenFile, type OpenOptions, openFile } from './client.ts'

/** How the file is opened, and when it is given back. */
interface WarehouseFileOptions extends OpenOptions {
  /** Milliseconds without work after which the file is given back. */
  readonly idle: number
  /** Told when what is in the log could not be written into the file. */
  readonly onCheckpointFailure: (failure: unknown) => void
}

/** The file as long as it is open. `known` is forgotten when it is closed, since others may write to it then. */
export interface Session {
  readonly connection: DuckDBConnection
  readonly known: Map<string, string>
}

/** A DuckDB file that is opened when it is needed and given back when it is not, since only one process can have it. */
interface WarehouseFile {
  /** Runs work that writes; one at a time. @throws {DaybreakError} WAREHOUSE_BUSY, WAREHOUSE_FAILED. */
  write<Result>(work: (session: Session) => Promise<Result>): Promise<Result>
  /** Runs work that reads, on a connection of its own, while other work runs. */
  read<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result>
  /** Waits for the work that runs, writes everything into the file and closes it. */
  close(): Promise<void>
}

// Two warehouses of one process may have one file, and DuckDB lets the second of two writers fail.
const turns = new Map<string, Promise<unknown>>()

function takeTurn<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const turn = (turns.get(path) ?? Promise.resolve()).then(work)
  const over = turn
    .catch(() => undefined)
    .then(() => {
      if (turns.get(path) === over) turns.delete(path)
    })
  turns.set(path, over)
  return turn
}

/** A file that is not open yet. */
export function createWarehouseFile(options: WarehouseFileOptions): WarehouseFile {
  const users = new Set<Promise<unknown>>()
  let opening: Promise<OpenFile> | null = null
  let timer: NodeJS.Timeout | undefined

  const inTurn = <Result>(work: () => Promise<Result>) => takeTurn(resolve(options.path), work)
  const open = (): Promise<OpenFile> => {
    opening ??= openFile(options).catch((error: unknown) => {
      opening = null
      throw error
    })
    return opening
  }
  const release = async ({ checkpoint }: { checkpoint: boolean }) => {
    const file = opening
    if (file === null || users.size > 0) return
    opening = null
    const onFailure = options.onCheckpointFailure
    await closeFile(await file, { checkpoint: checkpoint && !options.readOnly, onFailure })
  }
  const useFile = async <Result>(work: (file: OpenFile) => Promise<Result>): Promise<Result> => {
    clearTimeout(timer)
    const use = open().then(work)
    users.add(use)
    try {
      return await use
    } catch (error) {
      users.delete(use)
      // DuckDB refuses all work with an instance that met a fatal error; opened anew, the file is as it was committed.
      if (isBroken(error instanceof DaybreakError ? error.cause : error)) await release({ checkpoint: false })
      throw error
    } finally {
      users.delete(use)
      if (users.size === 0) timer = setTimeout(giveBack, options.idle).unref()
    }
  }
  const giveBack = () => {
    inTurn(() => release({ checkpoint: true })).catch(() => undefined)
  }
  return {
    write: (work) => inTurn(() => useFile(work)),
    read: (work) =>
      useFile(async ({ instance }) => {
        const connection = await instance.connect()
        return await work(connection).finally(() => connection.closeSync())
      }),
    async close() {
      await inTurn(() => Promise.allSettled(users))
      clearTimeout(timer)
      await inTurn(() => release({ checkpoint: true }))
    },
  }
}
