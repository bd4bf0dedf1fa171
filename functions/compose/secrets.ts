import { toMilliseconds } from '../config/duration.ts'
import type { Project } from '../config/project.ts'
import { readSecret } from '../config/secret.ts'
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
