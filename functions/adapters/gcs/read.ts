import { DaybreakError } from '../../errors.ts'
import { expectListed, expectSize, fileChanged } from '../../lib/listed-file.ts'
import { Pace } from '../../lib/pace.ts'
import type { SourceFile } from '../../pipeline/entities.ts'
import { call } from './attempts.ts'
import { type Description, describe } from './describe.ts'
import { download } from './download.ts'
import { storageError } from './errors.ts'
import type { Inbox } from './inbox.ts'
import { keyOf } from './names.ts'

/**
 * The bytes of a listed file: of the generation that was listed, even if another object has its name by now.
 * @throws {DaybreakError} FILE_TOO_LARGE, FILE_CHANGED, SOURCE_READ_FAILED, SOURCE_UNREACHABLE, STORAGE_DENIED, CANCELLED
 */
export async function* readFile(inbox: Inbox, file: SourceFile, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const { bucket, maxFileBytes } = inbox
  expectSize(file.path, file.bytes, maxFileBytes)
  try {
    const key = keyOf(inbox, file.path)
    const listed = inbox.seen.get(file.path) ?? (await find(inbox, { file, key, signal }))
    expectListed(file, found(listed), 'when it was opened')
    const pinned = bucket.file(key, { generation: listed.generation })
    yield* watched(download, { pinned, file, inactivityTimeout: inbox.settings.inactivityTimeout, signal })
    const now = await find(inbox, { file, key, signal })
    if (now.generation !== listed.generation) throw fileChanged(file, 'it was replaced while it was read')
  } catch (error) {
    throw readFailure(error, { file, bucket: bucket.name })
  }
}

function found({ bytes, createdAt }: Description): { bytes: number; modifiedAt: number; isFile: boolean } {
  return { bytes, modifiedAt: createdAt, isFile: true }
}

async function find(
  { bucket, settings }: Inbox,
  { file, key, signal }: { file: SourceFile; key: string; signal: AbortSignal | undefined },
): Promise<Description> {
  const purpose = { what: `look at ${file.path}`, bucket: bucket.name, signal }
  const description = await call(() => describe(bucket.file(key)), purpose, settings)
  if (description === null) throw fileChanged(file, 'it is gone')
  return description
}

/** Bytes per second. */
const MINIMUM_RATE = 4_096

interface Reading {
  readonly pinned: Parameters<typeof download>[0]
  readonly file: SourceFile
  readonly inactivityTimeout: number
  readonly signal: AbortSignal | undefined
}

/** Gives up when bytes arrive too slowly, or none for too long; the time of the reader between two pieces does not count. */
async function* watched(
  start: typeof download,
  { pinned, file, inactivityTimeout, signal }: Reading,
): AsyncGenerator<Uint8Array> {
  const abort = new AbortController()
  const cancel = () => abort.abort(new DaybreakError('CANCELLED', `cancelled while reading ${file.path}`))
  const still = () =>
    abort.abort(
      new DaybreakError('SOURCE_UNREACHABLE', `${file.path} stands still: no byte for ${inactivityTimeout} ms`),
    )
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  const pace = new Pace({ minimumRate: MINIMUM_RATE, window: inactivityTimeout }, (why) =>
    abort.abort(new DaybreakError('SOURCE_READ_FAILED', `${file.path} arrives too slowly: ${why}`)),
  )
  const pieces = start(pinned, { moved: () => undefined, signal: abort.signal })
  try {
    for (;;) {
      abort.signal.throwIfAborted()
      const timer = setTimeout(still, inactivityTimeout)
      const next = await pace.during(pieces.next()).finally(() => clearTimeout(timer))
      if (next.done) return
      pace.add(next.value.length)
      yield next.value
    }
  } finally {
    signal?.removeEventListener('abort', cancel)
    await pieces.return(undefined)
  }
}

/** An answer of Cloud Storage is about this object; only where none comes is the bucket out of reach. */
function readFailure(error: unknown, { file, bucket }: { file: SourceFile; bucket: string }): DaybreakError {
  const failure = storageError(error, { what: `read ${file.path}`, bucket })
  const { status } = failure.details
  if (failure.code === 'OBJECT_MISSING') return fileChanged(file, 'it is gone, or was replaced')
  const isRefused = failure.code === 'SOURCE_LISTING_FAILED' || (failure.code === 'STORAGE_DENIED' && status === 403)
  if (isRefused) return new DaybreakError('SOURCE_READ_FAILED', `cannot read ${file.path}: ${failure.message}`)
  if (failure.code !== 'STORAGE_FAILED') return failure
  return new DaybreakError('SOURCE_UNREACHABLE', failure.message)
}
