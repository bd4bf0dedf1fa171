import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { DaybreakError } from '../../../errors.ts'
import { isBroken } from '../errors.ts'
import { isWanted } from '../waiting-writer.ts'
import { closeFile, type OpenFile, type OpenOptions, openFile } from './client.ts'

/** How the file is opened, and when it is given back. */
interface WarehouseFileOptions extends OpenOptions {
  /** Milliseconds without work after which the file is given back. */
  readonly idle: number
  /** Milliseconds that work which reads waits for another process. Default: `patience`. */
  readonly lookPatience?: number
  /** Told when what is in the log could not be written into the file. */
  readonly onCheckpointFailure: (failure: unknown) => void
}

/** The file as long as it is open. `known` is forgotten when it is closed, since others may write to it then. */
export interface Session {
  readonly connection: DuckDBConnection
  readonly known: Map<string, string>
}

/**
 * A DuckDB file that is opened when it is needed and given back when it is not, since only one process can have it to write.
 * Work that reads opens it for reading, next to readers in other processes, and gives it back at once.
 */
interface WarehouseFile {
  /** Runs work that writes; one at a time. @throws {DaybreakError} WAREHOUSE_BUSY, WAREHOUSE_FAILED. */
  write<Result>(work: (session: Session) => Promise<Result>): Promise<Result>
  /** Runs work that reads, on a connection of its own, while other work runs. */
  read<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result>
  /** Waits for the work that runs, writes everything into the file and closes it. */
  close(): Promise<void>
}

/** The purpose that the file was opened for. */
type Mode = 'look' | 'write'

interface Opened {
  readonly mode: Mode
  readonly file: Promise<OpenFile>
  readonly users: Set<Promise<unknown>>
  timer: NodeJS.Timeout | undefined
}

// Time for the next of several looks of one answer, and no more: a writer of another process waits meanwhile.
const LOOK_IDLE = 50

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
  let opened: Opened | null = null
  // One instance at a time: a second one of a process releases the lock of the first.
  let gone: Promise<unknown> = Promise.resolve()

  const inTurn = <Result>(work: () => Promise<Result>) => takeTurn(resolve(options.path), work)
  const isStillOpen = (one: Opened) => opened === one
  /** Lets its users end, and closes the file. Work that comes meanwhile opens it again. */
  const leave = (one: Opened, { checkpoint }: { readonly checkpoint: boolean }) => {
    clearTimeout(one.timer)
    if (isStillOpen(one)) opened = null
    const isChecked = checkpoint && one.mode === 'write' && !options.readOnly
    const left = Promise.allSettled(one.users).then(async () => {
      const file = await one.file.catch(() => null)
      if (file) await closeFile(file, { checkpoint: isChecked, onFailure: options.onCheckpointFailure })
    })
    gone = left.catch(() => undefined)
    return left
  }
  const enter = (mode: Mode): Opened => {
    if (opened?.mode === 'write' || (opened && mode === 'look' && !isWanted(options.path))) return opened
    if (opened) void leave(opened, { checkpoint: false })
    const file = gone.then(() => openFile(mode === 'look' ? lookingAt(options) : options))
    const one: Opened = { mode, file, users: new Set(), timer: undefined }
    file.catch(() => {
      if (isStillOpen(one)) opened = null
    })
    opened = one
    return one
  }
  const useFile = async <Result>(mode: Mode, work: (file: OpenFile) => Promise<Result>): Promise<Result> => {
    const one = enter(mode)
    clearTimeout(one.timer)
    const use = one.file.then(work)
    one.users.add(use)
    try {
      return await use
    } catch (error) {
      one.users.delete(use)
      // DuckDB refuses all work with an instance that met a fatal error; opened anew, the file is as it was committed.
      if (isBroken(error instanceof DaybreakError ? error.cause : error) && isStillOpen(one) && one.users.size === 0)
        await leave(one, { checkpoint: false })
      throw error
    } finally {
      one.users.delete(use)
      if (one.users.size === 0 && isStillOpen(one)) giveBackLater(one)
    }
  }
  const giveBackLater = (one: Opened) => {
    clearTimeout(one.timer)
    const giveBack = async () => {
      if (isStillOpen(one) && one.users.size === 0) await leave(one, { checkpoint: true })
    }
    const after = one.mode === 'look' ? LOOK_IDLE : options.idle
    one.timer = setTimeout(() => {
      // A writer of this process has the turn while it waits for a look to leave.
      ;(one.mode === 'look' ? giveBack() : inTurn(giveBack)).catch(() => undefined)
    }, after).unref()
  }
  return {
    write: (work) => inTurn(() => useFile('write', work)),
    read: (work) =>
      useFile(existsSync(options.path) ? 'look' : 'write', async ({ instance }) => {
        const connection = await instance.connect()
        return await work(connection).finally(() => connection.closeSync())
      }),
    async close() {
      await inTurn(async () => {
        if (opened) await leave(opened, { checkpoint: true })
        await gone
      })
    },
  }
}

function lookingAt(options: WarehouseFileOptions): OpenOptions {
  return { ...options, readOnly: true, patience: options.lookPatience ?? options.patience }
}
