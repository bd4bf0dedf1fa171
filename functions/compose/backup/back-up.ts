import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Project } from '../../config/project.ts'
import { DaybreakError } from '../../errors.ts'
import type { LedgerLine } from '../../ledger/backup/lines.ts'
import { isTable } from '../../ledger/backup/lines.ts'
import { throwDisk } from '../../lib/disk-failure.ts'
import { hashFile } from '../../lib/hash-file.ts'
import type { Clock, Log, ObjectStore } from '../../pipeline/ports.ts'
import { HASH_KEY_MARK } from '../hash-key.ts'
import { dumpLedger, openObjects, scratchBelow } from '../ports.ts'
import { openSecrets } from '../secrets.ts'
import {
  type BackupManifest,
  backupName,
  LEDGER_FILE,
  type ListedObject,
  MANIFEST_FILE,
  OBJECTS_FILE,
  OBJECTS_FOLDER,
  syncFile,
  writeLines,
} from './folder.ts'

/** Where a backup goes, and how much of the archive goes with it. */
interface BackupOptions {
  /** Folder of the backups of one environment. */
  readonly place: string
  /** Copies raw files as well, which are otherwise only named. Parts are never copied: they are made again from raw files. */
  readonly withArchive: boolean
  /** Version of the program. */
  readonly daybreak: string
  readonly clock: Clock
  readonly log: Log
}

/** A finished backup. */
export interface BackupMade {
  readonly folder: string
  readonly manifest: BackupManifest
}

/**
 * Writes ledger, configuration and objects of an environment into a folder, while runs go on. The ledger is read first, as of one
 * moment; every object that it names is older, so the list of objects holds it. No secret is written.
 * @throws {DaybreakError} STATE_CONFLICT for a second backup within a second; LEDGER_FAILED, STORAGE_FAILED, STORAGE_FULL.
 */
export async function backUp(project: Project, options: BackupOptions): Promise<BackupMade> {
  const { place, clock, log, daybreak } = options
  const at = clock.now()
  const folder = join(place, backupName(at))
  await makeFolder(place, folder)
  const secrets = await openSecrets(project, { clock, log })
  try {
    const ledger = await writeLedger(project, { secrets, log }, join(folder, LEDGER_FILE))
    await cp(join(project.projectDir, 'config'), join(folder, 'config'), { recursive: true })
    const objects = await openObjects(project, { secrets, clock, log })
    const { environment } = project.environment
    const { hashKey, ...rows } = ledger
    const listed = await writeObjects(objects, { ...options, folder, tempDir: join(place, '.unfinished') })
    const manifest = { version: 1, at, daybreak, environment, hashKey, ledger: rows, objects: listed } as const
    await writeManifest(folder, manifest)
    return { folder, manifest }
  } catch (error) {
    return throwDisk(`write the backup ${JSON.stringify(folder)}`, place)(error)
  } finally {
    await secrets.close()
  }
}

async function makeFolder(place: string, folder: string): Promise<void> {
  await mkdir(place, { recursive: true })
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
    const message = `a backup ${JSON.stringify(folder)} is there: it was made within this second; wait, or name another folder`
    throw new DaybreakError('STATE_CONFLICT', message)
  })
}

async function writeLedger(
  project: Project,
  ports: Parameters<typeof dumpLedger>[1],
  path: string,
): Promise<BackupManifest['ledger'] & { readonly hashKey: string | null }> {
  return await dumpLedger(project, ports, async ({ version, lines }) => {
    const counter = createCounter()
    const sha256 = await writeLines(path, counter.watch(lines))
    return { version, rows: counter.rows, sha256, hashKey: counter.hashKey() }
  })
}

/** Counts the rows of each table that go by, and remembers the fingerprint of the key among the marks. */
function createCounter() {
  const rows: Record<string, number> = {}
  let hashKey: string | null = null
  return {
    rows,
    hashKey: () => hashKey,
    async *watch(lines: AsyncIterable<LedgerLine>): AsyncIterable<LedgerLine> {
      let table = ''
      let columns: readonly string[] = []
      for await (const line of lines) {
        if (isTable(line)) {
          ;({ table, columns } = line)
          rows[table] = 0
        } else {
          rows[table] = (rows[table] ?? 0) + 1
          if (table === 'marks' && line[columns.indexOf('name')] === HASH_KEY_MARK)
            hashKey = String(line[columns.indexOf('value')])
        }
        yield line
      }
    },
  }
}

async function writeObjects(
  objects: ObjectStore,
  { place, folder, tempDir, withArchive }: BackupOptions & { readonly folder: string; readonly tempDir: string },
): Promise<BackupManifest['objects']> {
  const counts = { copied: 0, copiedBytes: 0, referenced: 0, referencedBytes: 0 }
  const list = async function* (scratch: string): AsyncIterable<ListedObject> {
    for await (const { name, bytes } of objects.list('')) {
      const copied = isCopied(name, withArchive)
      const target = join(place, OBJECTS_FOLDER, name)
      const sha256 = copied ? await copyObject(objects, name, { scratch, target }) : null
      counts[copied ? 'copied' : 'referenced']++
      counts[copied ? 'copiedBytes' : 'referencedBytes'] += bytes
      yield { name, bytes, sha256 }
    }
  }
  const path = join(folder, OBJECTS_FILE)
  await mkdir(tempDir, { recursive: true })
  const sha256 = await scratchBelow(tempDir)((scratch) => writeLines(path, list(scratch)))
  return { ...counts, sha256 }
}

/** Records and manifests are small and made once; raw files are the archive; parts are made again from them. */
function isCopied(name: string, withArchive: boolean): boolean {
  if (name.startsWith('raw/')) return withArchive
  return !name.endsWith('.parquet')
}

/**
 * Copies an object unless the same content is there, and gives its hash. The copy of an earlier backup is read again: a disk may have
 * changed it since.
 */
async function copyObject(
  objects: ObjectStore,
  name: string,
  { scratch, target }: { readonly scratch: string; readonly target: string },
): Promise<string> {
  const fetched = join(scratch, 'object')
  await objects.fetch(name, fetched)
  const sha256 = await hashFile(fetched)
  if ((await hashFile(target).catch(() => null)) !== sha256) {
    await syncFile(fetched)
    await mkdir(dirname(target), { recursive: true })
    await rename(fetched, target)
  }
  await rm(fetched, { force: true })
  return sha256
}

async function writeManifest(folder: string, manifest: BackupManifest): Promise<void> {
  const unfinished = join(folder, `${MANIFEST_FILE}.unfinished`)
  await writeFile(unfinished, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true })
  await rename(unfinished, join(folder, MANIFEST_FILE))
}
