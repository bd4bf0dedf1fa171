import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { breakageOf, DaybreakError, toDaybreakError } from '../../errors.ts'
import type { RawObject, SliceKey, SourceFile } from '../entities.ts'
import { rawName } from '../names.ts'
import type { Clock, ObjectStore, Source, SourceConnector } from '../ports.ts'

/** A landed file: in object storage, and on this disk for the transform that follows. */
export interface Landed {
  readonly raw: RawObject
  readonly path: string
}

/** A source that is connected when it is first used, and again on a fresh connection after it failed. */
export interface SourceSession {
  /** Runs the work against a connected source; a retryable failure is tried again on a new connection. */
  use<T>(work: (source: Source) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const ATTEMPTS = 3
const FIRST_PAUSE = 500

/** One connection at a time; three attempts per operation, each on a connection of its own. */
export function openSession(connector: SourceConnector, clock: Clock, signal?: AbortSignal): SourceSession {
  let current: Source | null = null
  const drop = async () => {
    const source = current
    current = null
    await source?.close()
  }
  const attempt = async <T>(work: (source: Source) => Promise<T>): Promise<T> => {
    current ??= await connector.connect(signal)
    return await work(current)
  }
  return {
    async use(work) {
      for (let attempts = 1; ; attempts++) {
        try {
          return await attempt(work)
        } catch (error) {
          // A verdict about one file says nothing about the connection.
          if (!isBrokenConnection(error)) throw error
          await drop()
          if (attempts === ATTEMPTS || signal?.aborted || !mayPass(error)) throw error
          await clock.sleep(FIRST_PAUSE * 2 ** (attempts - 1), signal)
        }
      }
    },
    close: drop,
  }
}

/** File that is to be landed, and where. */
interface Landing {
  readonly key: SliceKey
  readonly file: SourceFile
  readonly path: string
  /** The newest raw object of the slice. */
  readonly known?: RawObject | null
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads one file and lands it: hashed while it streams to this disk, then put into object storage under its hash,
 * before anything parses it. What was landed before, and is still there, is not sent again: a look costs less than a write.
 * @throws {DaybreakError} as `Source.read` and `ObjectStore.put`; SOURCE_READ_FAILED for a file that breaks every connection.
 */
export async function land(
  { key, file, path, known, signal }: Landing,
  session: SourceSession,
  objects: ObjectStore,
): Promise<Landed> {
  if (file.refusal !== undefined)
    throw new DaybreakError('SOURCE_READ_FAILED', `cannot read ${file.path}: it is listed, but ${file.refusal}`)
  const read = () => session.use((source) => download(source, file, { path, signal }))
  const { sha256, bytes } = await read().catch((error: unknown) => blame(error, { file, session, read }))
  const object = rawName(key, file.name, sha256)
  const isThere = known?.object === object && (await objects.size(object)) === bytes
  if (!isThere) await objects.put(object, { path })
  return { raw: { object, sha256, bytes }, path }
}

interface Blame<Result> {
  readonly file: SourceFile
  readonly session: SourceSession
  readonly read: () => Promise<Result>
}

/** A file whose reading breaks every connection, while its folder is listed in between, is at fault itself. */
async function blame<Result>(error: unknown, { file, session, read }: Blame<Result>): Promise<Result> {
  if (!isBrokenConnection(error) || !mayPass(error)) throw error
  const isUp = await session.use((source) => source.listFiles(dirname(file.path))).then(Boolean, () => false)
  if (!isUp) throw error
  return await read().catch((again: unknown) => {
    if (!isBrokenConnection(again) || !mayPass(again)) throw again
    const why = `every connection broke while it was read, but its folder can be listed; ${toDaybreakError(again).message}`
    throw new DaybreakError('SOURCE_READ_FAILED', `cannot read ${file.path}: ${why}`)
  })
}

async function download(
  source: Source,
  file: SourceFile,
  { path, signal }: { path: string; signal?: AbortSignal | undefined },
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  await pipeline(
    source.read(file, signal),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        bytes += chunk.length
        yield chunk
      }
    },
    createWriteStream(path),
  )
  if (bytes !== file.bytes) {
    throw new DaybreakError('FILE_CHANGED', `${file.path} was listed with ${file.bytes} bytes, but ${bytes} were read`)
  }
  return { sha256: hash.digest('hex'), bytes }
}

/** True when the source itself failed. A file that cannot be read, changed or is too large fails on every connection. */
export function isBrokenConnection(error: unknown): boolean {
  return error instanceof DaybreakError && breakageOf(error.code) !== null
}

// A wrong host key or a refused login stays so, and an open circuit outlasts these pauses.
function mayPass(error: unknown): boolean {
  return error instanceof DaybreakError && error.retryable && error.code !== 'SOURCE_CIRCUIT_OPEN'
}
