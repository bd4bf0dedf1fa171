import type { Bucket, File } from '@google-cloud/storage'
import { type CallSettings, call } from './attempts.ts'

/** One answer of a listing. */
interface ListedPage {
  readonly files: readonly File[]
  /** With a delimiter: the prefixes that end with it. */
  readonly prefixes: readonly string[]
}

interface Listing {
  readonly prefix: string
  readonly delimiter?: string
  readonly signal?: AbortSignal | undefined
}

/** The pages of a listing, each tried until it is there. @throws {DaybreakError} as `storageError`. */
export async function* listPages(bucket: Bucket, listing: Listing, settings: CallSettings): AsyncGenerator<ListedPage> {
  const { signal, ...query } = listing
  const purpose = { what: `list the objects ${JSON.stringify(listing.prefix)}`, bucket: bucket.name, signal }
  for (let pageToken: string | undefined; ; ) {
    const asked = { ...query, autoPaginate: false, ...(pageToken !== undefined && { pageToken }) }
    const [files, next, answer] = await call(() => bucket.getFiles(asked), purpose, settings)
    yield { files, prefixes: prefixesOf(answer) }
    pageToken = next && 'pageToken' in next && typeof next.pageToken === 'string' ? next.pageToken : undefined
    if (pageToken === undefined) return
  }
}

function prefixesOf(answer: unknown): readonly string[] {
  if (typeof answer !== 'object' || answer === null || !('prefixes' in answer)) return []
  return Array.isArray(answer.prefixes) ? answer.prefixes.map(String) : []
}
