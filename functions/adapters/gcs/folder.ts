import { DaybreakError } from '../../errors.ts'
import { isPlainName } from '../../lib/plain-name.ts'
import type { SourceFile } from '../../pipeline/model.ts'
import { call } from './attempts.ts'
import type { Inbox } from './connector.ts'
import { type Description, describe, describeMetadata } from './describe.ts'
import { listPages } from './list.ts'

const MAX_ENTRIES = 10_000

/** What a folder holds: names of folders, files, and the names that cannot be used. */
export interface Listing {
  readonly folders: readonly string[]
  readonly files: readonly SourceFile[]
  readonly leftOut: readonly string[]
}

/**
 * Lists a folder; null when no object is in it, not even the empty one that stands for it.
 * @throws {DaybreakError} SOURCE_LISTING_FAILED, also for more than 10,000 entries; STORAGE_DENIED, CONFIG_MISSING.
 */
export async function listFolder(inbox: Inbox, folder: string, signal?: AbortSignal): Promise<Listing | null> {
  const key = keyOf(inbox, folder)
  const prefix = key === '' ? '' : `${key}/`
  try {
    const { files, folders } = await readEntries(inbox, { prefix, folder, signal })
    if (files.size + folders.length === 0 && key !== '') return await expectAbsent(inbox, { key, folder, signal })
    // The empty object whose name is the folder's own.
    files.delete('')
    const path = (name: string) => `${folder.replace(/\/$/, '')}/${name}`
    const plain = [...files].filter(([name]) => isPlainName(name)).toSorted(([a], [b]) => (a < b ? -1 : 1))
    for (const [name, described] of plain) inbox.seen.set(path(name), described)
    return {
      folders: folders.filter(isPlainName).toSorted(),
      files: plain.map(([name, { bytes, createdAt }]) => ({ path: path(name), name, bytes, modifiedAt: createdAt })),
      leftOut: [...files.keys(), ...folders].filter((name) => !isPlainName(name)),
    }
  } catch (error) {
    if (!(error instanceof DaybreakError) || error.code !== 'STORAGE_FAILED') throw error
    throw new DaybreakError('SOURCE_LISTING_FAILED', `cannot list ${folder}: ${error.message}`)
  }
}

/** The name that belongs to an absolute path. @throws {DaybreakError} SOURCE_LISTING_FAILED when it is outside of the root. */
export function keyOf({ root }: Inbox, path: string): string {
  const inside = root === '/' || path === root || path.startsWith(`${root.replace(/\/$/, '')}/`)
  const segments = path.split('/').filter((segment) => segment !== '')
  if (inside && path.startsWith('/') && segments.every(isPlainName)) return segments.join('/')
  throw new DaybreakError('SOURCE_LISTING_FAILED', `${path} is not inside ${root}`)
}

interface Asked {
  readonly prefix: string
  readonly folder: string
  readonly signal: AbortSignal | undefined
}

async function readEntries(
  { bucket, settings }: Inbox,
  { prefix, folder, signal }: Asked,
): Promise<{ files: Map<string, Description>; folders: string[] }> {
  const files = new Map<string, Description>()
  const folders: string[] = []
  for await (const page of listPages(bucket, { prefix, delimiter: '/', signal }, settings)) {
    for (const { name, metadata } of page.files) files.set(name.slice(prefix.length), describeMetadata(metadata))
    folders.push(...page.prefixes.map((name) => name.slice(prefix.length, -1)))
    if (files.size + folders.length <= MAX_ENTRIES) continue
    throw new DaybreakError('SOURCE_LISTING_FAILED', `cannot list ${folder}: it has more than ${MAX_ENTRIES} entries`)
  }
  return { files, folders }
}

async function expectAbsent(
  { bucket, settings }: Inbox,
  { key, folder, signal }: { key: string; folder: string; signal: AbortSignal | undefined },
): Promise<null> {
  const purpose = { what: `look at ${folder}`, bucket: bucket.name, signal }
  if ((await call(() => describe(bucket.file(key)), purpose, settings)) === null) return null
  throw new DaybreakError('SOURCE_LISTING_FAILED', `cannot list ${folder}: it is a file`)
}
