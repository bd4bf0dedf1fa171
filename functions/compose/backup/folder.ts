import { createReadStream, createWriteStream } from 'node:fs'
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import { hashFile } from '../../lib/hash-file.ts'

/** File of one backup that holds the rows of the ledger. */
export const LEDGER_FILE = 'ledger.jsonl.gz'
/** File that lists every object. */
export const OBJECTS_FILE = 'objects.jsonl.gz'
/** File that is written last. */
export const MANIFEST_FILE = 'backup.json'
/** Folder of the objects of all backups of a place: an object never changes, so each is copied once. */
export const OBJECTS_FOLDER = 'objects'

const Count = z.number().nonnegative()

/** Content of a backup. Written last: a folder without it is a backup that did not end. */
export const BackupManifest = z.object({
  version: z.literal(1),
  /** Milliseconds since 1970. */
  at: Count,
  daybreak: z.string(),
  environment: z.string(),
  /** Fingerprint of the key of hashed columns, which no backup holds; null before the first one is made. */
  hashKey: z.string().nullable(),
  ledger: z.object({ version: Count, rows: z.record(z.string(), Count), sha256: z.string() }),
  /** Objects whose content was copied, and those that are only named, with the bytes of both. */
  objects: z.object({
    copied: Count,
    copiedBytes: Count,
    referenced: Count,
    referencedBytes: Count,
    sha256: z.string(),
  }),
})

export type BackupManifest = z.infer<typeof BackupManifest>

/** An object as a backup lists it. */
export interface ListedObject {
  readonly name: string
  readonly bytes: number
  /** Of an object whose content was copied; null for one that is only named. */
  readonly sha256: string | null
}

/** Name of the folder of a backup that is made at an instant, e.g. `20250206T120000Z`. */
export function backupName(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/gu, '')}Z`
}

/** Writes values as lines of JSON, compressed, onto the disk; gives the hash of the file. */
export async function writeLines(path: string, values: AsyncIterable<unknown>): Promise<string> {
  const lines = Readable.from(textOf(values))
  await pipeline(lines, createGzip({ level: 6 }), createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  await syncFile(path)
  return await hashFile(path)
}

/** Values of a file of lines, whose hash is compared first. @throws {DaybreakError} BACKUP_DAMAGED. */
export async function* readLines<Value>(path: string, sha256: string): AsyncIterable<Value> {
  const found = await hashFile(path).catch(() => 'no file')
  if (found !== sha256) throw damaged(path, `its SHA-256 is ${found}; expected ${sha256}`)
  const lines = createInterface({
    input: createReadStream(path).pipe(createGunzip()),
    crlfDelay: Number.POSITIVE_INFINITY,
  })
  for await (const line of lines) yield JSON.parse(line)
}

/** Waits until a file is on the disk. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  await file.sync().finally(() => file.close())
}

/**
 * The folder and the manifest of a backup: of the one that is named, else of the newest that ended.
 * @throws {DaybreakError} NOT_FOUND, BACKUP_DAMAGED.
 */
export async function findBackup(
  place: string,
  name: string | undefined,
): Promise<{ readonly folder: string; readonly manifest: BackupManifest }> {
  const names = await listBackups(place)
  const found = name ?? names.at(-1)
  if (found === undefined || !names.includes(found)) throw notFound(place, names, name)
  const path = join(place, found, MANIFEST_FILE)
  const parsed = BackupManifest.safeParse(await readJson(path))
  if (!parsed.success) throw damaged(path, z.prettifyError(parsed.error))
  return { folder: join(place, found), manifest: parsed.data }
}

/** Backups of a place that ended, the oldest first. */
async function listBackups(place: string): Promise<readonly string[]> {
  const entries = await readdir(place, { withFileTypes: true }).catch(() => [])
  const folders = entries.filter((entry) => entry.isDirectory() && /^\d{8}T\d{6}Z$/u.test(entry.name))
  const ended = await Promise.all(
    folders.map(async ({ name }) => ((await readdir(join(place, name))).includes(MANIFEST_FILE) ? [name] : [])),
  )
  return ended.flat().toSorted()
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : String(error))
  }
}

async function* textOf(values: AsyncIterable<unknown>): AsyncIterable<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`
}

/** A file of a backup that is not what was written. */
export function damaged(path: string, why: string): DaybreakError {
  return new DaybreakError('BACKUP_DAMAGED', `${JSON.stringify(path)} is not what the backup wrote: ${why}`)
}

function notFound(place: string, names: readonly string[], name: string | undefined): DaybreakError {
  const what = name === undefined ? 'no backup that ended' : `no backup ${JSON.stringify(name)} that ended`
  const there = names.length === 0 ? 'none is there' : `there are ${names.slice(-3).join(', ')}`
  return new DaybreakError('NOT_FOUND', `${JSON.stringify(place)} has ${what}: ${there}`, {
    details: { next: 'daybreak backup FOLDER' },
  })
}
