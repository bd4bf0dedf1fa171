import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import { limited } from './limited.ts'

/** A client of an OpenID provider, and where the provider is. */
export interface CodeFlow {
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly clientId: string
  /** Null for a client that proves itself by PKCE alone. */
  readonly clientSecret: (() => Promise<string>) | null
  /** Registered at the provider, letter for letter. */
  readonly redirectUrl: string
  readonly scopes: readonly string[]
}

/** Secrets of one sign-in. They stay in the browser that began it, sealed. */
export interface Begun {
  /** Comes back in the address of the callback. */
  readonly state: string
  /** Comes back in the ID token. */
  readonly nonce: string
  /** Proves that who changes the code is who asked for it (PKCE). */
  readonly verifier: string
}

const TIMEOUT = 10_000
const MOST_BYTES = 65_536
const Granted = z.object({ id_token: z.string().min(1).max(16_384) })
const Refused = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) })
/** Errors of RFC 6749, section 5.2, that say that the client is configured wrongly. */
const OF_CLIENT: readonly string[] = [
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]

/** Makes the secrets of a sign-in. */
export function beginSignIn(): Begun {
  return { state: secret(), nonce: secret(), verifier: secret() }
}

/** Pure: the address at which a person signs in. */
export function signInUrl({ state, nonce, verifier }: Begun, flow: CodeFlow): string {
  const url = new URL(flow.authorizationEndpoint)
  const parameters = {
    ...{ response_type: 'code', client_id: flow.clientId, redirect_uri: flow.redirectUrl },
    ...{ scope: flow.scopes.join(' '), state, nonce },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

/**
 * Changes a code for the ID token of the person. The token is not verified yet.
 * @throws {DaybreakError} UNAUTHENTICATED for a code that the provider refuses, CONFIG_INVALID where it refuses the client,
 * IDENTITY_UNAVAILABLE without an answer. Their messages hold neither code nor token.
 */
export async function changeCode(code: string, { verifier }: Begun, flow: CodeFlow): Promise<string> {
  const { status, body } = await ask(code, verifier, flow)
  const granted = Granted.safeParse(body)
  if (status === 200 && granted.success) return granted.data.id_token
  const { success, data } = Refused.safeParse(body)
  const why = success ? data.error : `status ${status}${status === 200 ? ' without an ID token' : ''}`
  if (OF_CLIENT.includes(why) || status === 401)
    throw new DaybreakError('CONFIG_INVALID', `the provider refuses this client (${why}); compare \`auth\` with it`)
  if (status >= 400 && status < 500)
    throw new DaybreakError('UNAUTHENTICATED', `the provider did not accept the sign-in (${why})`)
  throw new DaybreakError('IDENTITY_UNAVAILABLE', `the provider did not change the code: ${why}`)
}

async function ask(code: string, verifier: string, flow: CodeFlow) {
  const { clientId, clientSecret, redirectUrl, tokenEndpoint } = flow
  const client = clientSecret === null ? null : basic(clientId, await clientSecret())
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUrl, code_verifier: verifier }
  try {
    const answer = await fetch(tokenEndpoint, {
      method: 'POST',
      headers: { accept: 'application/json', ...(client && { authorization: client }) },
      body: new URLSearchParams({ ...form, ...(client === null && { client_id: clientId }) }),
      // A redirect would take the code to another server.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT),
    })
    const text = await limited(answer, MOST_BYTES).text()
    return { status: answer.status, body: jsonOf(text) }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new DaybreakError('IDENTITY_UNAVAILABLE', `the provider did not answer at its token endpoint: ${why}`, {
      cause,
    })
  }
}

/** Pure: a client and its secret, each encoded as a form, as RFC 6749 asks. */
function basic(id: string, password: string): string {
  const encoded = [id, password].map((part) => new URLSearchParams({ '': part }).toString().slice(1))
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}
