import { DaybreakError } from '../../errors.ts'
import {
  byName,
  type FolderListing,
  LeftOut,
  type Listing,
  MAX_ENTRIES,
  MAX_FILES,
  MAX_FOLDERS,
  type OtherEntry,
} from '../../lib/listing.ts'
import { isPlainName } from '../../lib/plain-name.ts'
import type { SourceFile } from '../../pipeline/entities.ts'
import { call } from './attempts.ts'
import { type Description, describe, describeMetadata } from './describe.ts'
import type { Inbox } from './inbox.ts'
import { listPages } from './list.ts'
import { keyOf } from './names.ts'

/** A folder of the inbox, and what ends the listing early. */
export interface Asked {
  readonly folder: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Files of a folder, and the folders in it; null when no object is in it, not even the empty one that stands for it. The root always exists. In a
 * folder of more entries than are looked at, the named files are asked for one by one.
 * @throws {DaybreakError} SOURCE_LISTING_FAILED, STORAGE_DENIED, CONFIG_MISSING.
 */
export async function listFiles(
  inbox: Inbox,
  asked: Asked & { readonly named: readonly string[]; readonly most?: number | undefined },
): Promise<FolderListing<SourceFile> | null> {
  return await guarded(asked.folder, async () => {
    const { named, most = MAX_FILES } = asked
    const files = new Map<string, Description>()
    const takeFile = (name: string, described: Description) => void files.set(name, described)
    const others: OtherEntry[] = []
    const takeFolder = (name: string) => void others.push({ name, kind: 'folder' })
    const walked = await walk(inbox, { ...asked, most, takeFile, takeFolder })
    if (walked === null) return null
    const unseen = walked.isWhole ? [] : named.filter((name) => !files.has(name))
    for (const name of unseen) {
      const described = await find(inbox, { ...asked, name })
      if (described !== null) files.set(name, described)
      else if (await isFolder(inbox, { ...asked, name })) takeFolder(name)
    }
    const entries = [...files].map(([name, described]) => remember(inbox, { ...asked, name, described }))
    return { ...walked, entries: entries.toSorted(byName), others }
  })
}

/**
 * Names of the folders in a folder; null as above.
 * @throws {DaybreakError} as above; also for more than 100,000 folders or a million entries.
 */
export async function listFolders(inbox: Inbox, asked: Asked): Promise<Listing<string> | null> {
  return await guarded(asked.folder, async () => {
    const names: string[] = []
    const takeFolder = (name: string) => {
      if (names.push(name) > MAX_FOLDERS) throw failed(asked.folder, `it has more than ${MAX_FOLDERS} folders`)
    }
    const walked = await walk(inbox, { ...asked, most: MAX_ENTRIES, takeFolder, takeFile: () => undefined })
    if (walked === null) return null
    if (!walked.isWhole) throw failed(asked.folder, `it has more than ${MAX_ENTRIES} entries`)
    return { ...walked, entries: names.toSorted() }
  })
}

interface Walk extends Asked {
  /** Entries to look at. */
  readonly most: number
  readonly takeFile: (name: string, described: Description) => void
  readonly takeFolder: (name: string) => void
}

/** Hands over the usable entries page by page, so that only one page is in memory. */
async function walk(
  inbox: Inbox,
  { folder, signal, most, takeFile, takeFolder }: Walk,
): Promise<Omit<Listing<never>, 'entries'> | null> {
  const key = keyOf(inbox, folder)
  const prefix = key === '' ? '' : `${key}/`
  const leftOut = new LeftOut()
  let counted = 0
  for await (const page of listPages(inbox.bucket, { prefix, delimiter: '/', signal }, inbox.settings)) {
    const found = [
      ...page.files.map(({ name, metadata }) => ({
        name: name.slice(prefix.length),
        take: (plain: string) => takeFile(plain, describeMetadata(metadata)),
      })),
      ...page.prefixes.map((name) => ({ name: name.slice(prefix.length, -1), take: takeFolder })),
    ]
    for (const { name, take } of found) {
      if (++counted > most) return { leftOut, isWhole: false }
      if (isPlainName(name)) take(name)
      // The empty object whose name is the folder's own.
      else if (name !== '') leftOut.add(name)
    }
  }
  const isRoot = key === keyOf(inbox, inbox.root)
  if (counted === 0 && !isRoot) return await expectAbsent(inbox, { key, folder, signal })
  return { leftOut, isWhole: true }
}

async function expectAbsent(
  { bucket, settings }: Inbox,
  { key, folder, signal }: Asked & { key: string },
): Promise<null> {
  const purpose = { what: `look at ${folder}`, bucket: bucket.name, signal }
  if ((await call(() => describe(bucket.file(key)), purpose, settings)) === null) return null
  throw failed(folder, 'it is a file')
}

async function find(inbox: Inbox, { folder, name, signal }: Asked & { name: string }): Promise<Description | null> {
  const path = pathOf(folder, name)
  const purpose = { what: `look at ${path}`, bucket: inbox.bucket.name, signal }
  return await call(() => describe(inbox.bucket.file(keyOf(inbox, path))), purpose, inbox.settings)
}

/** True for a beginning of names: a named file that is not there may be a folder, which a long listing did not come to. */
async function isFolder(inbox: Inbox, { folder, name, signal }: Asked & { name: string }): Promise<boolean> {
  const prefix = `${keyOf(inbox, pathOf(folder, name))}/`
  for await (const { files, prefixes } of listPages(inbox.bucket, { prefix, delimiter: '/', signal }, inbox.settings))
    if (files.length + prefixes.length > 0) return true
  return false
}

interface Found extends Asked {
  readonly name: string
  readonly described: Description
}

/** The file as it was listed; a read on this connection takes that generation and no other. */
function remember({ seen }: Inbox, { folder, name, described }: Found): SourceFile {
  const path = pathOf(folder, name)
  seen.set(path, described)
  return { path, name, bytes: described.bytes, modifiedAt: described.createdAt }
}

function pathOf(folder: string, name: string): string {
  return `${folder.replace(/\/$/, '')}/${name}`
}

async function guarded<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DaybreakError) || error.code !== 'STORAGE_FAILED') throw error
    throw failed(folder, error.message)
  }
}

function failed(folder: string, why: string): DaybreakError {
  return new DaybreakError('SOURCE_LISTING_FAILED', `cannot list ${folder}: ${why}`)
}
