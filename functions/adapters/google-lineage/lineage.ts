import { GoogleAuth } from 'google-auth-library'
import { DaybreakError } from '../../errors.ts'
import type { LineageReceiver } from '../../pipeline/ports.ts'
import { failureOf, noAccount } from './errors.ts'

/** Project and location of Google's Data Lineage API. */
export interface GoogleLineageOptions {
  readonly project: string
  readonly location: string
  /** A server to use instead of Google's, without credentials. */
  readonly endpoint?: string | undefined
  /** Milliseconds until an answer must be complete. Default: 30 seconds. */
  readonly timeout?: number
}

const TIMEOUT = 30_000
// As its documentation has it; an event of more links is cut.
const MOST_LINKS = 1_000
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const ENDPOINT = 'https://datalineage.googleapis.com'

/** Sends each run event to `processOpenLineageRunEvent`, as the account that this process runs as. */
export function openGoogleLineage(options: GoogleLineageOptions): LineageReceiver {
  const { project, location, endpoint, timeout = TIMEOUT } = options
  const auth = endpoint === undefined ? new GoogleAuth({ scopes: [SCOPE] }) : null
  const url = `${endpoint ?? ENDPOINT}/v1/projects/${project}/locations/${location}:processOpenLineageRunEvent`
  return {
    mostLinks: MOST_LINKS,
    async send(event) {
      const token = auth && (await tokenOf(auth))
      const { status, body } = await post(url, { event, token, timeout })
      if (status >= 200 && status < 300) return
      throw failureOf(status, body)
    },
  }
}

async function tokenOf(auth: GoogleAuth): Promise<string> {
  const token = await auth.getAccessToken().catch((cause: unknown) => {
    throw noAccount(cause)
  })
  if (token) return token
  throw new DaybreakError('CATALOG_UNREACHABLE', 'Data Lineage: Google gave an empty access token')
}

interface Posting {
  readonly event: unknown
  readonly token: string | null
  readonly timeout: number
}

async function post(url: string, { event, token, timeout }: Posting) {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(event),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    })
    return { status: response.status, body: await response.text() }
  } catch (error) {
    const why =
      error instanceof Error && error.name === 'TimeoutError' ? `no answer within ${timeout} ms` : 'no connection'
    throw new DaybreakError('CATALOG_UNREACHABLE', `Data Lineage: ${why}`)
  }
}
