import { createHmac, randomBytes } from 'node:crypto'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Project } from '../config/project.ts'
import { type SecretReader, secretPath } from '../config/secret.ts'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import type { Clock, Ledger } from '../pipeline/ports.ts'

/** Name of the ledger's mark that holds the fingerprint of the key in use. */
export const HASH_KEY_MARK = 'hash_key'

const LEAST_BYTES = 32

interface HashKeyContext {
  readonly secrets: SecretReader
  readonly ledger: Ledger
  readonly clock: Clock
}

/**
 * The key of the privacy class `hash`, or why it may not be used. The ledger remembers the fingerprint of the first key: a
 * second one would split the history of every guest in two. A laptop makes its key on first use; elsewhere none is made.
 */
export async function openHashKey(project: Project, context: HashKeyContext): Promise<Uint8Array | DaybreakError> {
  try {
    const known = await context.ledger.mark(HASH_KEY_MARK)
    if (project.environment.environment === 'local') await makeFirst(project, { isFirst: known === null, ...context })
    const key = await readHashKey(project, context.secrets)
    const fingerprint = fingerprintOf(key)
    if (known === null) await rememberKey(key, context)
    else if (known.value !== fingerprint) throw changed(project, known.value, fingerprint)
    return key
  } catch (error) {
    return toDaybreakError(error)
  }
}

/** Reads the key. @throws {DaybreakError} CONFIG_MISSING, CONFIG_INVALID for fewer than 32 bytes. */
export async function readHashKey(project: Project, secrets: SecretReader): Promise<Uint8Array> {
  const reference = project.environment.privacy.hashKey
  const key = await secrets.read(reference)
  if (key.length >= LEAST_BYTES) return key
  const message = `privacy.hash_key (${placeOf(project)}) has ${key.length} bytes; expected at least ${LEAST_BYTES}`
  throw new DaybreakError('CONFIG_INVALID', message)
}

/** Makes the key of this laptop, unless there is one. Returns false for one that was there. */
export async function makeKey(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const content = randomBytes(LEAST_BYTES).toString('hex')
  return await writeFile(path, content, { flag: 'wx', mode: 0o600 }).then(() => true, ifExisting)
}

/** Records the fingerprint of the key that is used from now on. */
export async function rememberKey(
  key: Uint8Array,
  { ledger, clock }: Pick<HashKeyContext, 'ledger' | 'clock'>,
): Promise<void> {
  const mark = { name: HASH_KEY_MARK, value: fingerprintOf(key), at: clock.now() }
  await ledger.apply([{ change: 'mark', mark }])
}

/** 16 hex digits that tell keys apart and say nothing about them. */
export function fingerprintOf(key: Uint8Array): string {
  return createHmac('sha256', key).update('daybreak hash key').digest('hex').slice(0, 16)
}

async function makeFirst(
  project: Project,
  { isFirst, ledger }: Pick<HashKeyContext, 'ledger'> & { readonly isFirst: boolean },
): Promise<void> {
  const path = secretPath(project.environment.privacy.hashKey, project)
  if (await exists(path)) return
  // A ledger of the release before has no fingerprint, but rows that were hashed with a key.
  const hasRows = !isFirst || (await ledger.slices({ states: ['staged', 'loaded'], limit: 1 })).length > 0
  if (!hasRows) return void (await makeKey(path))
  throw new DaybreakError(
    'HASH_KEY_LOST',
    `${path} is gone, and rows were loaded with the key it held. A new key would give every guest another pseudonym`,
  )
}

function changed(project: Project, known: string, found: string): DaybreakError {
  return new DaybreakError(
    'HASH_KEY_CHANGED',
    `the key in ${placeOf(project)} has the fingerprint ${found}, and rows were loaded with ${known}. Guests would get other pseudonyms`,
  )
}

function placeOf(project: Project): string {
  const reference = project.environment.privacy.hashKey
  return reference.startsWith('secret://') && project.environment.secrets.kind !== 'folder'
    ? reference
    : secretPath(reference, project)
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw new DaybreakError('CONFIG_MISSING', `cannot look at ${path}: ${error.message}`, { cause: error })
    },
  )
}

function ifExisting(error: NodeJS.ErrnoException): boolean {
  if (error.code === 'EEXIST') return false
  throw error
}
