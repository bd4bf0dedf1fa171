import { pipeline } from 'node:stream/promises'
import type { File } from '@google-cloud/storage'
import { DaybreakError } from '../../errors.ts'
import { type Attempt, type CallSettings, call } from './attempts.ts'
import type { Content } from './content.ts'
import { describe } from './describe.ts'
import { readProblem, storageError } from './errors.ts'

/** Sizes in bytes that decide how an object is uploaded. */
export interface UploadSettings extends CallSettings {
  /** Up to so many bytes go in one request, more in a resumable upload. */
  readonly singleRequestBytes: number
  /** Size of the pieces of a resumable upload: a multiple of 262,144. Held in memory. */
  readonly pieceBytes: number
}

const MEBIBYTE = 1_048_576

/** Tries, times in milliseconds and sizes of the uploads of a process with little memory. */
export const UPLOAD_LIMITS = {
  attempts: 6,
  deadline: 180_000,
  inactivityTimeout: 30_000,
  singleRequestBytes: 8 * MEBIBYTE,
  pieceBytes: 4 * MEBIBYTE,
}

interface Upload {
  readonly file: File
  readonly content: Content
}

/** The address of the resumable upload that an earlier try began, if it did. */
interface Session {
  address: string | undefined
}

/**
 * Creates an object, or finds that it exists with the same content: then false. The server compares the CRC-32C that is
 * sent with the bytes that arrive and refuses others, so nothing wrong ever has the name and nothing needs deleting. A later try of a
 * resumable upload goes on where the server stopped; without its session it starts again.
 * @throws {DaybreakError} OBJECT_CONFLICT, STORAGE_DENIED, CONFIG_MISSING, STORAGE_FAILED.
 */
export function upload({ file, content }: Upload, settings: UploadSettings): Promise<boolean> {
  const purpose = { what: `write the object ${file.name}`, bucket: file.bucket.name }
  const session: Session = { address: undefined }
  return call(
    async (attempt) => {
      // The try before may have finished the upload without hearing of it; then there is nothing left to resume.
      if (session.address !== undefined && (await holdsSame({ file, content }))) return false
      try {
        await send({ file, content, session }, attempt, settings)
        return true
      } catch (error) {
        if (await isTaken({ file, content }, error)) return false
        throw forNextTry(error, session, purpose)
      }
    },
    purpose,
    settings,
  )
}

async function send(
  { file, content, session }: Upload & { session: Session },
  { moved, signal }: Attempt,
  { singleRequestBytes, pieceBytes }: UploadSettings,
): Promise<void> {
  const isSingle = content.bytes <= singleRequestBytes
  const writable = file.createWriteStream({
    resumable: !isSingle,
    ...(!isSingle && { chunkSize: pieceBytes }),
    ...(session.address !== undefined && { uri: session.address }),
    metadata: { contentType: 'application/octet-stream', crc32c: content.crc32c },
    // With its own check the client deletes the object of that name when it believes that the sums differ.
    validation: false,
    preconditionOpts: { ifGenerationMatch: 0 },
  })
  writable.on('uri', (address: string) => {
    session.address = address
  })
  writable.on('progress', moved)
  await pipeline(content.read(), writable, { signal })
}

/** Refused as taken, and by ourselves: an earlier try whose answer was lost, or another worker with the same content. */
async function isTaken(upload: Upload, error: unknown): Promise<boolean> {
  const { status } = readProblem(error)
  // Who may not overwrite is answered 403 or 412 for a name that is taken; Google does not say which comes first.
  if (status !== 412 && status !== 403) return false
  const same = await holdsSame(upload).catch((cause: unknown) => {
    if (status === 412 || (cause instanceof DaybreakError && cause.code === 'OBJECT_CONFLICT')) throw cause
    return false
  })
  if (same || status === 403) return same
  throw new DaybreakError('STORAGE_FAILED', `the object ${upload.file.name} was there, and was gone a moment later`)
}

/** A session that the server forgot is begun anew. A name that is missing can be nothing else here, but for its bucket. */
function forNextTry(error: unknown, session: Session, purpose: { what: string; bucket: string }): DaybreakError {
  const { status } = readProblem(error)
  const failure = storageError(error, purpose)
  if (session.address === undefined || (status !== null && status < 500 && status !== 408 && status !== 429))
    session.address = undefined
  if (failure.code !== 'OBJECT_MISSING' && status !== 410) return failure
  return new DaybreakError(
    'STORAGE_FAILED',
    `cannot ${purpose.what} in bucket ${purpose.bucket}: its upload session is gone`,
  )
}

/** True when the object exists with this content, false when it does not exist. @throws {DaybreakError} OBJECT_CONFLICT. */
async function holdsSame({ file, content }: Upload): Promise<boolean> {
  const stored = await describe(file)
  if (stored === null) return false
  if (stored.crc32c === content.crc32c && stored.bytes === content.bytes) return true
  throw new DaybreakError('OBJECT_CONFLICT', `the object ${file.name} exists with other content`, {
    details: { bucket: file.bucket.name, bytes: stored.bytes, expected_bytes: content.bytes },
  })
}
