import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { parseSecret, type SecretReader, withoutLineEnd } from '../../config/secret.ts'
import { DaybreakError } from '../../errors.ts'
import { withRetry } from '../../lib/retry.ts'
import type { Clock, Log } from '../../pipeline/ports.ts'
import { accessVersion, openClient, type SecretManagerSettings, type SecretVersion } from './client.ts'

/** Clock, limits and server of a reader of secrets. */
interface SecretManagerOptions extends SecretManagerSettings {
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1. */
  readonly random: () => number
  /** Milliseconds after which a secret is read again, so that a rotation needs no restart. */
  readonly refresh: number
  /** Tries in all. */
  readonly attempts?: number
  /** Milliseconds for one try. */
  readonly timeout?: number
}

interface Kept {
  readonly version: SecretVersion
  readonly readAt: number
}

/**
 * Reads secrets from Secret Manager and keeps them in memory for a while. When it does not answer, what was read before is
 * used on; when it says that a version may not be read any more, it is not.
 */
export function openManagedSecrets(options: SecretManagerOptions): SecretReader {
  const { clock, log, refresh } = options
  const kept = new Map<string, Kept>()
  const reading = new Map<string, Promise<SecretVersion>>()
  let client: Promise<SecretManagerServiceClient> | undefined
  const open = () => (client ??= openClient(options))

  const readNew = async (reference: string): Promise<SecretVersion> => {
    const before = kept.get(reference)
    try {
      const version = await readVersion(await open(), reference, options)
      kept.set(reference, { version, readAt: clock.now() })
      return version
    } catch (error) {
      if (before === undefined || !(error instanceof DaybreakError) || !error.retryable) {
        kept.delete(reference)
        throw error
      }
      log({ severity: 'WARNING', code: error.code, message: `${error.message}; what was read before is used on` })
      return before.version
    }
  }
  const version = (reference: string): Promise<SecretVersion> => {
    const before = kept.get(reference)
    if (before && clock.now() - before.readAt < refresh) return Promise.resolve(before.version)
    const current = reading.get(reference) ?? readNew(reference).finally(() => reading.delete(reference))
    reading.set(reference, current)
    return current
  }
  return {
    read: async (reference) => contentOf(await version(reference), reference),
    async active(reference) {
      const newest = await version(reference)
      const content = contentOf(newest, reference)
      const { name, version: named } = parseSecret(reference)
      if (named !== undefined || newest.number === 1) return [content]
      const previous = await version(`secret://${name}@${newest.number - 1}`).catch(ignoreRetired)
      return previous === null ? [content] : [content, withoutLineEnd(previous.data)]
    },
    async close() {
      await (await client)?.close()
    },
  }
}

function contentOf({ data }: SecretVersion, reference: string): Uint8Array {
  const content = withoutLineEnd(data)
  if (content.length > 0) return content
  throw new DaybreakError('CONFIG_MISSING', `The secret ${reference} is empty`)
}

function readVersion(
  client: SecretManagerServiceClient,
  reference: string,
  { project, clock, log, random, attempts = 4, timeout = 5_000 }: SecretManagerOptions,
): Promise<SecretVersion> {
  const { name, version = 'latest' } = parseSecret(reference)
  const path = `projects/${project}/secrets/${name}/versions/${version}`
  return withRetry(() => accessVersion(client, { name: path, reference, timeout }), {
    attempts,
    random,
    sleep: clock.sleep,
    onRetry: ({ code, message }, tries) =>
      log({ severity: 'WARNING', code, message: `${message}; attempt ${tries + 1} of ${attempts} follows` }),
  })
}

/** The version before the newest is gone when a rotation is over. */
function ignoreRetired(error: unknown): null {
  if (error instanceof DaybreakError && (error.code === 'SECRET_DISABLED' || error.code === 'CONFIG_MISSING'))
    return null
  throw error
}
