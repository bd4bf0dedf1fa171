import { existsSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Project } from '../../config/project.ts'
import { DaybreakError } from '../../errors.ts'
import type { LedgerLine } from '../../ledger/backup/lines.ts'
import { hashFile } from '../../lib/hash-file.ts'
import type { Clock, Log, ObjectStore } from '../../pipeline/ports.ts'
import { openObjects, restoreLedgerRows } from '../ports.ts'
import { openSecrets } from '../secrets.ts'
import {
  type BackupManifest,
  damaged,
  LEDGER_FILE,
  type ListedObject,
  OBJECTS_FILE,
  OBJECTS_FOLDER,
  readLines,
} from './folder.ts'

/** A backup, and what a restore works with. */
interface RestoreOptions {
  /** Folder of the backups. */
  readonly place: string
  /** Folder of this one. */
  readonly folder: string
  readonly manifest: BackupManifest
  readonly clock: Clock
  readonly log: Log
}

/** Rows and objects that a restore brought back, and those that it could not. */
export interface Restored {
  readonly ledgerRows: number
  /** Objects that were put back, and those that were there. */
  readonly objectsPut: number
  readonly objectsThere: number
  /** Raw files that the backup only names and that are not in object storage: their slices cannot be made again. */
  readonly rawMissing: readonly string[]
  /** Parts that are gone. The load that needs one makes it again from its raw file. */
  readonly partsMissing: number
}

/** Copies the configuration of a backup into a project that has none. Returns false where there is one, which stays. */
export async function restoreConfig(folder: string, projectDir: string): Promise<boolean> {
  const target = join(projectDir, 'config')
  if (existsSync(target)) return false
  await cp(join(folder, 'config'), target, { recursive: true })
  return true
}

/**
 * Puts objects and ledger of a backup into an environment: the objects first, so that a ledger names nothing that is not there.
 * May be repeated until it succeeds.
 * @throws {DaybreakError} STATE_CONFLICT when the ledger holds rows or the backup is of another environment; BACKUP_DAMAGED.
 */
export async function restore(project: Project, options: RestoreOptions): Promise<Restored> {
  const { folder, manifest, clock, log } = options
  expectSameEnvironment(project, manifest)
  const secrets = await openSecrets(project, { clock, log })
  try {
    const objects = await putObjects(await openObjects(project, { secrets, clock, log }), options)
    const lines = readLines<LedgerLine>(join(folder, LEDGER_FILE), manifest.ledger.sha256)
    const dump = { version: manifest.ledger.version, lines }
    const rows = await restoreLedgerRows(project, { secrets, clock, log }, dump)
    return { ...objects, ledgerRows: [...rows.values()].reduce((sum, each) => sum + each, 0) }
  } finally {
    await secrets.close()
  }
}

async function putObjects(
  objects: ObjectStore,
  { place, folder, manifest }: RestoreOptions,
): Promise<Omit<Restored, 'ledgerRows'>> {
  const found = { objectsPut: 0, objectsThere: 0, partsMissing: 0 }
  const rawMissing: string[] = []
  for await (const object of readLines<ListedObject>(join(folder, OBJECTS_FILE), manifest.objects.sha256)) {
    const { name, bytes, sha256 } = object
    if ((await objects.size(name)) === bytes) found.objectsThere++
    else if (sha256 !== null) {
      await putObject(objects, { name, sha256 }, join(place, OBJECTS_FOLDER, name))
      found.objectsPut++
    } else if (name.startsWith('raw/')) rawMissing.push(name)
    else found.partsMissing++
  }
  return { ...found, rawMissing }
}

async function putObject(
  objects: ObjectStore,
  { name, sha256 }: { readonly name: string; readonly sha256: string },
  path: string,
): Promise<void> {
  const found = await hashFile(path).catch(() => 'no file')
  if (found !== sha256) throw damaged(path, `its SHA-256 is ${found}; expected ${sha256}`)
  await objects.put(name, { path })
}

function expectSameEnvironment({ environment: { environment } }: Project, manifest: BackupManifest): void {
  if (manifest.environment === environment) return
  const message = `the backup is of the environment ${manifest.environment}, this is ${environment}: names of loads hold the environment, so a ledger stays with it`
  throw new DaybreakError('STATE_CONFLICT', message, {
    details: { next: `daybreak restore FOLDER -e ${manifest.environment}` },
  })
}
