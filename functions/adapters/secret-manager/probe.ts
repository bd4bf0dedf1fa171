import { z } from 'zod'
import { parseSecret } from '../../config/secret.ts'
import type { DaybreakError } from '../../errors.ts'
import { openClient, type SecretManagerSettings } from './client.ts'
import { secretError } from './errors.ts'

const TIMEOUT = 5_000
const Version = z.object({ createTime: z.object({ seconds: z.coerce.number() }) })

/**
 * Instants at which versions of secrets were made, in the order of their references; of one that cannot be asked, its error. A person
 * needs `secretmanager.versions.get` for it, which services do not have.
 */
export async function versionTimes(
  settings: SecretManagerSettings,
  references: readonly string[],
): Promise<readonly (number | DaybreakError)[]> {
  const client = await openClient(settings)
  const ask = async (reference: string): Promise<number | DaybreakError> => {
    try {
      const { name, version = 'latest' } = parseSecret(reference)
      const path = `projects/${settings.project}/secrets/${name}/versions/${version}`
      const [answer] = await client.getSecretVersion({ name: path }, { timeout: TIMEOUT, retry: null })
      return Version.parse(answer).createTime.seconds * 1_000
    } catch (error) {
      return secretError(error, reference)
    }
  }
  try {
    return await Promise.all(references.map(ask))
  } finally {
    await client.close()
  }
}
