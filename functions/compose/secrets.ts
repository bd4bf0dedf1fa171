import { toMilliseconds } from '../config/duration.ts'
import type { Project } from '../config/project.ts'
import { readSecret, type SecretReader } from '../config/secret.ts'
import type { Clock, Log } from '../pipeline/ports.ts'
import { googleOf } from './google.ts'

/** Reads secrets from where the environment keeps them. A reference that is a path is always a file of this disk. */
export async function openSecrets(project: Project, { clock, log }: { clock: Clock; log: Log }): Promise<SecretReader> {
  const { secrets } = project.environment
  const read = (reference: string) => readSecret(reference, project)
  const files = { read, active: async (reference: string) => [await read(reference)], close: async () => undefined }
  if (secrets.kind === 'folder') return files
  const { openManagedSecrets } = await import('../adapters/secret-manager/secrets.ts')
  const { project: id, endpoints } = googleOf(project)
  const manager = openManagedSecrets({
    project: id,
    endpoint: endpoints?.secretManager,
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
