import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { toMilliseconds } from '../config/duration.ts'
import type { Project } from '../config/project.ts'
import { readSecret, secretPath } from '../config/secret.ts'
import type { Clock, Log } from '../pipeline/ports.ts'
import { googleOf } from './google.ts'

/** Secrets by their reference: a path, or `secret://NAME[@VERSION]`. */
export interface SecretReader {
  read(reference: string): Promise<Uint8Array>
  /** What may be in use during a rotation, the newest first. */
  active(reference: string): Promise<readonly Uint8Array[]>
  close(): Promise<void>
}

/** Reads secrets from where the environment keeps them. A reference that is a path is always a file of this disk. */
export async function openSecrets(project: Project, { clock, log }: { clock: Clock; log: Log }): Promise<SecretReader> {
  const { secrets } = project.environment
  const read = (reference: string) => readSecret(reference, project)
  const files = { read, active: async (reference: string) => [await read(reference)], close: async () => undefined }
  if (secrets.kind === 'folder') return files
  const { createSecretManagerReader } = await import('../adapters/secret-manager/reader.ts')
  const { project: id, endpoints } = googleOf(project)
  const manager = createSecretManagerReader({
    project: id,
    endpoint: endpoints?.secret_manager,
    refresh: toMilliseconds(secrets.refresh),
    random: Math.random,
    clock,
    log,
  })
  const placeOf = (reference: string) => (reference.startsWith('secret://') ? manager : files)
  return {
    read: (reference) => placeOf(reference).read(reference),
    active: (reference) => placeOf(reference).active(reference),
    close: () => manager.close(),
  }
}

/**
 * The key of the privacy class `hash`. One laptop makes its own on first use; it must then be kept like the data. Nowhere else
 * is one ever made: a second key would split every history in two.
 */
export async function readHashKey(project: Project, secrets: SecretReader): Promise<Uint8Array> {
  const { environment, privacy } = project.environment
  if (environment === 'local') await makeKey(secretPath(privacy.hash_key, project))
  return await secrets.read(privacy.hash_key)
}

async function makeKey(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 }).catch(ignoreExisting)
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
