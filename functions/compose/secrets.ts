import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Project } from '../config/project.ts'
import { readSecret, secretPath } from '../config/secret.ts'

/** The bytes of a secret by its reference: a path, or `secret://NAME[@VERSION]`. */
export type SecretReader = (reference: string) => Promise<Uint8Array>

/** Reads secrets from where the environment keeps them. A reference that is a path is always a file of this disk. */
export function openSecrets(project: Project): SecretReader {
  return (reference) => readSecret(reference, project)
}

/**
 * The key of the privacy class `hash`. One laptop makes its own on first use; it must then be kept like the data. Nowhere else
 * is one ever made: a second key would split every history in two.
 */
export async function readHashKey(project: Project, read: SecretReader): Promise<Uint8Array> {
  const { environment, privacy } = project.environment
  if (environment === 'local') await makeKey(secretPath(privacy.hash_key, project))
  return await read(privacy.hash_key)
}

async function makeKey(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 }).catch(ignoreExisting)
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
