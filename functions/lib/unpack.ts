import { createReadStream, createWriteStream } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { matchesFile } from '../contract/file-name.ts'
import { DaybreakError } from '../errors.ts'
import { quoteName } from './plain-name.ts'

/** A file that may be packed, and the one that is wanted of it. */
interface Packed {
  readonly path: string
  /** Name of the file inside an archive, e.g. `OrderDetails.csv`. Folders inside the archive do not matter. */
  readonly wanted: string
  /** Bytes that the unpacked file may have. */
  readonly maxBytes: number
  /** Where to put it. */
  readonly into: string
}

// A file packed twice is one that a person packed again; more is made to harm.
const MOST_LAYERS = 2
const MOST_ENTRIES = 10_000
const NAMED = 5
const GZIP = Buffer.from([0x1f, 0x8b])
const ZIP = Buffer.from([0x50, 0x4b, 0x03, 0x04])
const EMPTY_ZIP = Buffer.from([0x50, 0x4b, 0x05, 0x06])

/**
 * Unpacks a gzip or zip file, recognised by its first bytes and not by its name. Returns the path of the plain file: the one given
 * when it is not packed.
 * @throws {DaybreakError} FILE_ARCHIVE_INVALID for an archive that is damaged, encrypted or lacks the file, FILE_TOO_LARGE.
 */
export async function unpack(packed: Packed, layer = 1): Promise<string> {
  const kind = await kindOf(packed.path)
  if (kind === 'plain') return packed.path
  if (layer > MOST_LAYERS) throw invalid(packed, `is packed more than ${MOST_LAYERS} times`)
  const into = `${packed.into}.${layer}`
  if (kind === 'gzip') await gunzip(packed, into)
  else await extract(packed, into)
  return await unpack({ ...packed, path: into }, layer + 1)
}

/** Names of the files in a zip archive, without folders and what macOS adds; null for a file that is no zip archive. */
export async function namesInZip(path: string): Promise<readonly string[] | null> {
  if ((await kindOf(path)) !== 'zip') return null
  return await withZip({ path, wanted: '' }, async (zip) => (await entriesOf(zip)).map(nameOf))
}

async function kindOf(path: string): Promise<'plain' | 'gzip' | 'zip'> {
  const file = await openFile(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    const head = buffer.subarray(0, bytesRead)
    if (head.subarray(0, 2).equals(GZIP)) return 'gzip'
    return head.equals(ZIP) || head.equals(EMPTY_ZIP) ? 'zip' : 'plain'
  } finally {
    await file.close()
  }
}

async function gunzip(packed: Packed, into: string): Promise<void> {
  try {
    await pipeline(createReadStream(packed.path), createGunzip(), limited(packed), createWriteStream(into))
  } catch (error) {
    throw isUnpacking(error) ? invalid(packed, error.message) : error
  }
}

/** True for a failure of the packed bytes: zlib and yauzl name no file of the system. */
function isUnpacking(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof DaybreakError) && !('path' in error) && !('syscall' in error)
}

async function extract(packed: Packed, into: string): Promise<void> {
  await withZip(packed, async (zip) => {
    const entry = wantedOf(await entriesOf(zip), packed)
    if (entry.isEncrypted()) throw invalid(packed, `${quoteName(nameOf(entry))} is encrypted`)
    await pipeline(await zip.openReadStreamPromise(entry), limited(packed), createWriteStream(into))
  })
}

async function withZip<Result>(
  packed: Pick<Packed, 'path' | 'wanted'>,
  work: (zip: ZipFile) => Promise<Result>,
): Promise<Result> {
  try {
    const zip = await openPromise(packed.path, { autoClose: false, lazyEntries: true })
    return await work(zip).finally(() => zip.close())
  } catch (error) {
    throw isUnpacking(error) ? invalid(packed, error.message) : error
  }
}

async function entriesOf(zip: ZipFile): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry)
    if (entry.fileName.endsWith('/') || name.startsWith('._')) continue
    if (entries.push(entry) > MOST_ENTRIES) throw new Error(`it holds more than ${MOST_ENTRIES} files`)
  }
  return entries
}

function nameOf({ fileName }: Entry): string {
  return basename(fileName.replaceAll('\\', '/'))
}

/** The entry of the wanted name, or the only one of an archive that holds nothing else. */
function wantedOf(entries: readonly Entry[], packed: Packed): Entry {
  const { wanted } = packed
  const named = entries.filter((entry) => [wanted, `${wanted}.gz`].some((file) => matchesFile(file, nameOf(entry))))
  const [first, second] = named.length > 0 ? named : entries.length === 1 ? entries : []
  if (first && !second) return first
  const list = (some: readonly Entry[]) =>
    some
      .slice(0, NAMED)
      .map(({ fileName }) => quoteName(fileName))
      .join(', ')
  if (first) throw invalid(packed, `holds ${named.length} files of the name ${quoteName(wanted)}: ${list(named)}`)
  throw invalid(packed, `holds no ${quoteName(wanted)} but ${entries.length === 0 ? 'nothing' : list(entries)}`)
}

/** Passes bytes on and counts them: what a small archive claims to hold may fill a disk. */
function limited({ wanted, maxBytes }: Packed) {
  return async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bytes = 0
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > maxBytes)
        throw new DaybreakError(
          'FILE_TOO_LARGE',
          `${quoteName(wanted)} has more than ${maxBytes} bytes when it is unpacked`,
        )
      yield chunk
    }
  }
}

function invalid({ wanted }: Pick<Packed, 'wanted'>, problem: string): DaybreakError {
  const name = wanted === '' ? 'an archive' : `the archive of ${quoteName(wanted)}`
  return new DaybreakError('FILE_ARCHIVE_INVALID', `${name} cannot be unpacked: ${problem}`)
}

/** True for a name of a zip archive. */
export function isZip({ name }: { readonly name: string }): boolean {
  return /\.zip$/i.test(name)
}
