import type { Stats } from 'ssh2'
import { DaybreakError } from '../../errors.ts'
import { inOrder } from '../../lib/in-order.ts'
import { expectListed, expectSize, fileChanged } from '../../lib/listed-file.ts'
import { Pace } from '../../lib/pace.ts'
import type { SourceFile } from '../../pipeline/entities.ts'
import type { SftpSettings } from './config.ts'
import { readError } from './errors.ts'
import type { SftpLink } from './link.ts'
import { statEntry } from './list.ts'

/** Every server answers a request for so many bytes in full; more is asked with more requests. */
const REQUEST = 32_768
/** One yielded chunk. */
const CHUNK = 8 * REQUEST
/** Chunks asked for ahead. ssh2's channel window is 2 MiB, so more would only wait. */
const AHEAD = 8

/** Of the settings of a connector, what a read must know. */
type ReadLimits = Pick<SftpSettings, 'maxFileBytes' | 'minimumRate' | 'inactivityTimeout'>

interface Reading {
  readonly link: SftpLink
  readonly file: SourceFile
  readonly handle: Buffer
  readonly maxFileBytes: number
  readonly pace: Pace
}

/**
 * The bytes of a listed file. Several requests are under way at any time, since one at a time moves a chunk per round trip.
 * Behind the last byte one more is asked for, so a file that grew shows itself even if its attributes do not. A file that arrives
 * too slowly is given up together with the connection, which its answers may block.
 * @throws {DaybreakError} FILE_TOO_LARGE, FILE_CHANGED, SOURCE_READ_FAILED, SOURCE_UNREACHABLE
 */
export async function* readFile(link: SftpLink, file: SourceFile, limits: ReadLimits): AsyncGenerator<Uint8Array> {
  const { maxFileBytes, minimumRate, inactivityTimeout } = limits
  expectSize(file.path, file.bytes, maxFileBytes)
  let slow: DaybreakError | null = null
  const pace = new Pace({ minimumRate, window: inactivityTimeout }, (why) => {
    slow = new DaybreakError('SOURCE_READ_FAILED', `${file.path} at ${link.name} arrives too slowly: ${why}`)
    link.break(new DaybreakError('SOURCE_UNREACHABLE', `connection to ${link.name} given up: ${slow.message}`))
  })
  try {
    const handle = await link.request<Buffer>((done) => link.sftp.open(file.path, 'r', done))
    try {
      yield* readChunks({ link, file, handle, maxFileBytes, pace })
      expectListed(file, found(await statEntry(link, file.path)), 'after it was read')
    } finally {
      link.request<void>((done) => link.sftp.close(handle, (error) => done(error, undefined))).catch(() => undefined)
    }
  } catch (error) {
    throw slow ?? (await toReadError(error, { link, file }))
  }
}

async function* readChunks(reading: Reading): AsyncGenerator<Uint8Array> {
  const { file } = reading
  const chunks = Math.ceil(file.bytes / CHUNK)
  const before = statBefore(reading)
  before.catch(() => undefined)
  const results = inOrder({ count: chunks + 1, ahead: AHEAD }, (index) =>
    index < chunks ? readChunk(reading, index * CHUNK) : readBehind(reading),
  )
  try {
    for (;;) {
      const { done, value: chunk } = await reading.pace.during(results.next())
      if (done) return
      await before
      if (chunk.length > 0) yield chunk
    }
  } finally {
    await results.return(undefined)
  }
}

async function statBefore({ link, file, handle, maxFileBytes }: Reading): Promise<void> {
  const stats = await link.request<Stats>((done) => link.sftp.fstat(handle, done))
  expectSize(file.path, stats.size, maxFileBytes)
  expectListed(file, found(stats), 'when it was opened')
}

function found(stats: Stats): { bytes: number; modifiedAt: number; isFile: boolean } {
  return { bytes: stats.size, modifiedAt: stats.mtime * 1_000, isFile: stats.isFile() }
}

async function readChunk(reading: Reading, start: number): Promise<Uint8Array> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, reading.file.bytes - start))
  const requests = Array.from({ length: Math.ceil(chunk.length / REQUEST) }, (_, index) =>
    fill(reading, { start, into: chunk.subarray(index * REQUEST, (index + 1) * REQUEST), offset: index * REQUEST }),
  )
  await Promise.all(requests)
  return chunk
}

/** A server may answer with fewer bytes than it was asked for; the rest is asked for again. */
async function fill(
  { link, file, handle, pace }: Reading,
  { start, into, offset }: { start: number; into: Buffer; offset: number },
): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const position = start + offset + filled
    const bytes = await link.request<number>((done) =>
      link.sftp.read(handle, into, filled, into.length - filled, position, (error, count) => done(error, count)),
    )
    if (bytes === 0) throw fileChanged(file, `it ended at byte ${position}`)
    filled += bytes
    pace.add(bytes)
  }
}

async function readBehind({ link, file, handle }: Reading): Promise<Uint8Array> {
  const one = Buffer.alloc(1)
  const bytes = await link.request<number>((done) =>
    link.sftp.read(handle, one, 0, 1, file.bytes, (error, count) => done(error, count)),
  )
  if (bytes > 0) throw fileChanged(file, 'it goes on behind its end')
  return one.subarray(0, 0)
}

const NO_SUCH_FILE = 2

/** Any status that the server answers is about this file: the connection has just carried it. */
async function toReadError(error: unknown, { link, file }: { link: SftpLink; file: SourceFile }): Promise<unknown> {
  if (error instanceof DaybreakError) return error
  const { message, status } = readError(error)
  if (status === null) return error
  if (status === NO_SUCH_FILE && (await isGone(link, file))) return fileChanged(file, 'it is gone')
  return new DaybreakError('SOURCE_READ_FAILED', `cannot read ${file.path} at ${link.name}: ${message}`)
}

/** "No such file" of a file that the server still shows is a refusal. */
async function isGone(link: SftpLink, { path }: SourceFile): Promise<boolean> {
  return await statEntry(link, path).then(
    () => false,
    (error: unknown) => !(error instanceof DaybreakError) && readError(error).status === NO_SUCH_FILE,
  )
}
