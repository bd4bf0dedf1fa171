import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Contract } from '../../contract/contract.ts'
import { toDaybreakError } from '../../errors.ts'
import { quoteName } from '../../lib/plain-name.ts'
import { namesInZip, unpack } from '../../lib/unpack.ts'
import { readDownloadName } from '../../pipeline/work/downloads.ts'

/** A downloaded file whose plain bytes are on this disk. */
export interface Plain {
  /** Name in messages: for a file of a zip archive the archive's path, then its own name. */
  readonly file: string
  /** Where the plain bytes are. */
  readonly path: string
  /** The file that a person has: the same, or the packed one. */
  readonly given: string
}

/** A file, or what a packed one holds, that cannot be taken. */
export interface Refused {
  readonly file: string
  readonly refused: string
}

interface Unpacking {
  readonly contracts: readonly Contract[]
  readonly scratch: string
  /** Bytes that an unpacked file may have. */
  readonly maxBytes: number
}

const NAMED = 5

/**
 * The plain files of a downloaded one: itself, what a gzip file holds, or the files of a zip archive that a contract reads,
 * one after the other, each only until the next is asked for.
 */
export async function* plainFiles(given: string, unpacking: Unpacking): AsyncGenerator<Plain | Refused> {
  try {
    const names = /\.zip$/i.test(given) ? await namesInZip(given) : null
    if (names === null) return yield* plainFile({ file: given, wanted: plainName(given) }, given, unpacking)
    const known = [...new Set(names)].filter((name) => readDownloadName(name, unpacking.contracts).contract !== null)
    // The archive of a single file may be what has the name of the report.
    const [only = ''] = names.length === 1 ? names : []
    if (known.length === 0 && only !== '' && readDownloadName(given, unpacking.contracts).contract !== null)
      return yield* plainFile({ file: given, wanted: only }, given, unpacking)
    for (const name of known) yield* plainFile({ file: join(given, name), wanted: name }, given, unpacking)
    const others = names.filter((name) => !known.includes(name))
    if (others.length > 0 || names.length === 0) yield { file: given, refused: othersText(others) }
  } catch (error) {
    yield refusedBy(error, given)
  }
}

async function* plainFile(
  { file, wanted }: { readonly file: string; readonly wanted: string },
  given: string,
  { scratch, maxBytes }: Unpacking,
): AsyncGenerator<Plain | Refused> {
  const into = join(scratch, 'unpacked')
  const path = await unpack({ path: given, wanted: plainName(wanted), maxBytes, into }).catch((error: unknown) =>
    refusedBy(error, file),
  )
  if (typeof path !== 'string') return yield path
  yield { file, path, given }
  if (path !== given) await Promise.all([1, 2].map((layer) => rm(`${into}.${layer}`, { force: true })))
}

/** `OrderDetails.csv` of `OrderDetails.csv.gz`. */
function plainName(path: string): string {
  return basename(path).replace(/\.gz$/i, '')
}

function refusedBy(error: unknown, file: string): Refused {
  const { code, message } = toDaybreakError(error)
  if (code === 'INTERNAL') throw error
  return { file, refused: message }
}

function othersText(others: readonly string[]): string {
  if (others.length === 0) return 'it holds no files'
  const some = others.slice(0, NAMED).map((name) => quoteName(name))
  return `no contract has a file of the name ${some.join(', ')}${others.length > NAMED ? ', ...' : ''}`
}
