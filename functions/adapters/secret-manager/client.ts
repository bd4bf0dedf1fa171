import type { SecretManagerServiceClient } from '@google-cloud/secret-manager'
import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import { createCrc32c } from '../../lib/crc32c.ts'
import { secretError } from './errors.ts'

/** Project and server of Secret Manager. */
export interface SecretManagerSettings {
  /** Project id. */
  readonly project: string
  /** A server to use instead of Google's, as `host:port`, without TLS and credentials. */
  readonly endpoint?: string | undefined
}

/** Loaded when the first secret is read: the package takes longer to load than all of ours. */
export async function openClient({ project, endpoint }: SecretManagerSettings): Promise<SecretManagerServiceClient> {
  const { SecretManagerServiceClient } = await import('@google-cloud/secret-manager')
  if (endpoint === undefined) return new SecretManagerServiceClient({ projectId: project })
  const [{ credentials }, { PassThroughClient }] = await Promise.all([
    import('@grpc/grpc-js'),
    import('google-auth-library'),
  ])
  const { hostname, port } = new URL(`http://${endpoint}`)
  return new SecretManagerServiceClient({
    projectId: project,
    apiEndpoint: hostname,
    port: Number(port),
    // Or it looks for credentials on the network, which it does not need here.
    authClient: new PassThroughClient(),
    sslCreds: credentials.createInsecure(),
  })
}

/** One version of a secret. */
export interface SecretVersion {
  readonly number: number
  readonly data: Uint8Array
}

interface Access {
  /** `projects/P/secrets/S/versions/V`, where V may be `latest`. */
  readonly name: string
  /** How the configuration calls it, for messages. */
  readonly reference: string
  /** Milliseconds for one try. */
  readonly timeout: number
}

const Answer = z.object({
  name: z.string().regex(/\/versions\/\d+$/),
  payload: z.object({ data: z.instanceof(Uint8Array), dataCrc32c: z.coerce.string() }),
})

/**
 * Reads one version, once: the client would go on for ten minutes.
 * @throws {DaybreakError} CONFIG_MISSING, CONFIG_INVALID, SECRET_DENIED, SECRET_DISABLED, SECRET_UNREACHABLE.
 */
export async function accessVersion(
  client: SecretManagerServiceClient,
  { name, reference, timeout }: Access,
): Promise<SecretVersion> {
  try {
    const [answer] = await client.accessSecretVersion({ name }, { timeout, retry: null })
    const { name: full, payload } = Answer.parse(answer)
    const sum = createCrc32c()
    sum.update(payload.data)
    if (String(sum.value()) === payload.dataCrc32c)
      return { number: Number(full.split('/').at(-1)), data: payload.data }
  } catch (error) {
    throw secretError(error, reference)
  }
  throw new DaybreakError('SECRET_UNREACHABLE', `The secret ${reference} was damaged on its way`)
}
