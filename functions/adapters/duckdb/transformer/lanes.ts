import { availableParallelism } from 'node:os'
import { BIGINT, BOOLEAN, type DuckDBConnection, DuckDBInstance, DuckDBScalarFunction, VARCHAR } from '@duckdb/node-api'
import { REJECT_FUNCTION } from '../../../engine/duckdb/compile.ts'
import { createSemaphore } from '../../../lib/semaphore.ts'

/** A row that broke a rule: its number among the rows DuckDB read, from 1, and the positions of the broken rules: `0,17`. */
interface BrokenRow {
  readonly row: number
  readonly rules: string
}

/** One connection and what its running statement rejects. One statement at a time, on one thread. */
export interface Lane {
  readonly number: number
  readonly connection: DuckDBConnection
  /** Rows that the statement rejected so far, nearly in the order of the file. The user of the lane sorts and empties it. */
  readonly broken: BrokenRow[]
}

/** A DuckDB in this process and its lanes. */
export interface Lanes {
  readonly count: number
  /** Waits for a lane and gives it back when the work is done. */
  withLane<Result>(work: (lane: Lane) => Promise<Result>, signal?: AbortSignal): Promise<Result>
  /** Interrupts what runs, waits for it, and closes. Work that comes later waits for ever. */
  close(): Promise<void>
}

/** Number, memory and scratch folder of the lanes. */
export interface LaneOptions {
  readonly lanes: number
  readonly memoryLimit: string
  readonly tempDir: string
}

/** libuv's threads that stay for file access while every lane occupies one. */
const SPARE_THREADS = 2

/**
 * Opens the engine. Every statement runs on one thread: several make the row number's sequential pipeline spin, so
 * parallel work comes from lanes. A lane keeps one of libuv's threads, so there are never so many that files must wait.
 */
export async function openLanes(
  { lanes, memoryLimit, tempDir }: LaneOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Lanes> {
  const threads = Number(env.UV_THREADPOOL_SIZE) || 4
  const count = Math.max(1, Math.min(lanes, threads - SPARE_THREADS, 2 * availableParallelism()))
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: memoryLimit,
    temp_directory: tempDir,
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const all: Lane[] = []
  for (let number = 0; number < count; number++) all.push({ number, connection: await instance.connect(), broken: [] })
  all[0]?.connection.registerScalarFunction(rejectFunction(all))
  await all[0]?.connection.run("SET GLOBAL TimeZone = 'UTC'")
  const slots = createSemaphore(count)
  const free = [...all]
  return {
    count,
    async withLane(work, signal) {
      const release = await slots.acquire(signal)
      const lane = free.pop()
      if (!lane) throw new TypeError('a slot without a lane')
      const interrupt = () => lane.connection.interrupt()
      signal?.addEventListener('abort', interrupt)
      try {
        lane.broken.length = 0
        return await work(lane)
      } finally {
        signal?.removeEventListener('abort', interrupt)
        free.push(lane)
        release()
      }
    },
    async close() {
      // Closing under a running statement would crash the process.
      for (const { connection } of all) connection.interrupt()
      await Promise.all(all.map(() => slots.acquire()))
      for (const { connection } of all) connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Called for rows that broke a rule, never for the others. A throw in it fails the statement, which then leaves no file. */
function rejectFunction(lanes: readonly Lane[]): DuckDBScalarFunction {
  return DuckDBScalarFunction.create({
    name: REJECT_FUNCTION,
    volatile: true,
    specialHandling: true,
    returnType: BOOLEAN,
    parameterTypes: [BIGINT, BIGINT, VARCHAR],
    mainFunction: (_, input, output) => {
      const [lane, row, rules] = [0, 1, 2].map((index) => input.getColumnVector(index))
      for (let at = 0; at < input.rowCount; at++) {
        lanes[Number(lane?.getItem(at))]?.broken.push({
          row: Number(row?.getItem(at)),
          rules: String(rules?.getItem(at)),
        })
        output.setItem(at, false)
      }
      output.flush()
    },
  })
}
