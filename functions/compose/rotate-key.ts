import { rename } from 'node:fs/promises'
import type { Project } from '../config/project.ts'
import { secretPath } from '../config/secret.ts'
import type { Clock, Ports } from '../pipeline/ports.ts'
import { fingerprintOf, HASH_KEY_MARK, makeKey, readHashKey, rememberKey } from './hash-key.ts'
import { openSecrets } from './secrets.ts'

/** Fingerprints of the key before a rotation and of the new one. */
interface Rotated {
  readonly before: string | null
  readonly now: string
}

/**
 * Uses another key for hashed columns from now on, and records that in the audit. The environment `local` gets a new key;
 * elsewhere an operator has put it into the store of secrets before. Rows that are loaded keep their pseudonyms.
 */
export async function rotateHashKey(
  project: Project,
  { actor }: { readonly actor: string },
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
): Promise<Rotated> {
  const before = (await ledger.mark(HASH_KEY_MARK))?.value ?? null
  if (project.environment.environment === 'local') await replaceKey(project, before ?? 'unknown')
  const key = await readNewKey(project, clock)
  await rememberKey(key, { ledger, clock })
  const now = fingerprintOf(key)
  const details = `${before ?? 'none'} to ${now}`
  const entry = { at: clock.now(), actor, action: 'privacy.rotate-key', subject: 'hash_key', details }
  await ledger.apply([{ change: 'audit', entry }])
  return { before, now }
}

/** Keeps the old key in the same folder, under its fingerprint. */
async function replaceKey(project: Project, fingerprint: string): Promise<void> {
  const path = secretPath(project.environment.privacy.hashKey, project)
  await rename(path, `${path}.${fingerprint}`).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await makeKey(path)
}

async function readNewKey(project: Project, clock: Clock): Promise<Uint8Array> {
  const secrets = await openSecrets(project, { clock, log: () => undefined })
  return await readHashKey(project, secrets).finally(() => secrets.close())
}
