import { createHash, randomBytes } from 'node:crypto'
import type { Claims } from './token.ts'

/** A client that is registered at the provider. */
export interface Client {
  readonly id: string
  /** Absent for a public client, which PKCE alone proves. */
  readonly secret?: string
  /** Compared letter for letter. */
  readonly redirectUrls: readonly string[]
}

/** Parts of a request that the flow looks at. */
export interface FlowRequest {
  readonly method: string
  readonly url: URL
  readonly authorization: string
  readonly form: URLSearchParams
}

/** An answer of the provider: a redirect, a page of a refusal, or JSON. */
export interface FlowAnswer {
  readonly status: number
  readonly location?: string
  readonly body: unknown
}

/** Person who is signed in at the provider; null for one who refuses to go on. */
export type Person = Claims | null

interface Issued {
  readonly client: Client
  readonly redirectUrl: string
  readonly challenge: string
  readonly nonce: string | null
  readonly claims: Claims
  readonly until: number
}

interface FlowOptions {
  readonly issuer: string
  readonly clients: readonly Client[]
  readonly now: () => number
  readonly person: () => Person
  /** The ID token of claims, as this provider makes it at the moment. */
  readonly idToken: (claims: Claims) => string
}

export const AUTHORIZE = '/o/oauth2/v2/auth'
export const TOKEN = '/token'
const CODE_LIFE = 60_000

/**
 * The authorization code flow of a strict provider: RFC 6749 with PKCE (RFC 7636, S256 alone), RFC 9207 and OpenID Connect Core. A code works
 * once, for a minute, for the client, redirect URL and verifier that it was made for; one that comes twice is refused.
 */
export function createCodeFlow({ issuer, clients, now, person, idToken }: FlowOptions) {
  const codes = new Map<string, Issued>()
  return { authorize, token }

  function authorize({ url: { searchParams } }: FlowRequest): FlowAnswer {
    const one = (name: string) => (searchParams.getAll(name).length === 1 ? searchParams.get(name) : null)
    const client = clients.find(({ id }) => id === one('client_id'))
    const redirectUrl = one('redirect_uri')
    // Neither is known, so the person is led nowhere.
    if (!client) return page('invalid_client')
    if (redirectUrl === null || !client.redirectUrls.includes(redirectUrl)) return page('redirect_uri_mismatch')
    const back = (parameters: Readonly<Record<string, string>>) => {
      const url = new URL(redirectUrl)
      const state = one('state')
      for (const [name, value] of Object.entries({ ...parameters, ...(state !== null && { state }), iss: issuer }))
        url.searchParams.set(name, value)
      return { status: 302, location: url.href, body: null }
    }
    if (one('response_type') !== 'code') return back({ error: 'unsupported_response_type' })
    if (!(one('scope') ?? '').split(' ').includes('openid')) return back({ error: 'invalid_scope' })
    const challenge = one('code_challenge')
    if (one('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(challenge ?? '') || challenge === null)
      return back({ error: 'invalid_request' })
    const claims = person()
    if (claims === null) return back({ error: 'access_denied' })
    const code = randomBytes(24).toString('base64url')
    codes.set(code, { client, redirectUrl, challenge, nonce: one('nonce'), claims, until: now() + CODE_LIFE })
    return back({ code })
  }

  function token({ method, authorization, form }: FlowRequest): FlowAnswer {
    if (method !== 'POST') return { status: 405, body: { error: 'invalid_request' } }
    const client = provenClient(authorization, form)
    if (client === null) return { status: 401, body: { error: 'invalid_client' } }
    if (form.get('grant_type') !== 'authorization_code') return refusal('unsupported_grant_type')
    const code = form.get('code') ?? ''
    const issued = codes.get(code)
    codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const isRight =
      issued !== undefined &&
      issued.client === client &&
      issued.redirectUrl === form.get('redirect_uri') &&
      issued.challenge === challenge &&
      issued.until > now()
    if (!isRight) return refusal('invalid_grant')
    const { claims, nonce } = issued
    const text = idToken({ aud: client.id, azp: client.id, ...(nonce !== null && { nonce }), ...claims })
    const access = { access_token: randomBytes(24).toString('base64url'), token_type: 'Bearer', expires_in: 3600 }
    return { status: 200, body: { ...access, id_token: text } }
  }

  function provenClient(authorization: string, form: URLSearchParams): Client | null {
    const [, sent] = /^Basic ([\w+/=]+)$/.exec(authorization) ?? []
    if (sent === undefined) {
      const found = clients.find(({ id }) => id === form.get('client_id'))
      return found?.secret === undefined ? (found ?? null) : null
    }
    const [id = '', secret = ''] = Buffer.from(sent, 'base64').toString().split(':').map(formDecoded)
    return clients.find((each) => each.id === id && each.secret === secret) ?? null
  }
}

function formDecoded(text: string): string {
  return new URLSearchParams(`_=${text}`).get('_') ?? ''
}

function refusal(error: string): FlowAnswer {
  return { status: 400, body: { error } }
}

function page(error: string): FlowAnswer {
  return { status: 400, body: { error } }
}
