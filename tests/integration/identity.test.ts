import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type IdentityServer, startIdentityServer } from '../emulators/identity/server.ts'

const NOW = Date.UTC(2025, 1, 6, 9, 30)
const claims = { aud: 'https://worker.example/ingest', email: 'push@acme.iam.gserviceaccount.com' }

let identity: IdentityServer
beforeAll(async () => {
  identity = await startIdentityServer({ now: () => NOW })
})
afterAll(() => identity.close())

/** A careful verifier, with nothing of ours in it. */
async function accept(token: string): Promise<void> {
  const keys = createRemoteJWKSet(new URL(identity.jwksUrl))
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ['RS256'],
    issuer: identity.issuer,
    audience: claims.aud,
    currentDate: new Date(NOW),
    clockTolerance: 60,
    requiredClaims: ['exp', 'iat', 'email', 'email_verified'],
    maxTokenAge: 3660,
  })
  if (payload['email'] !== claims.email) throw new Error('another e-mail')
  if (payload['email_verified'] !== true) throw new Error('not verified')
}

describe('the issuer', () => {
  it('mints tokens that a careful verifier accepts', async () => {
    await expect(accept(identity.token(claims))).resolves.toBeUndefined()
  })

  it.each(Array.from({ length: 34 }, (_, at) => at))(
    'forges a token that a careful verifier refuses: number %i',
    async (at) => {
      const forgery = identity.forgeries(claims)[at]!
      await expect(accept(forgery.token), forgery.name).rejects.toThrow()
    },
  )

  it('has a name of its own for each of them, and no more than were tried', () => {
    const names = identity.forgeries(claims).map(({ name }) => name)
    expect(new Set(names).size).toBe(34)
    expect(names.length).toBe(34)
  })

  it('describes itself as OpenID Connect asks', async () => {
    const found = await fetch(`${identity.issuer}/.well-known/openid-configuration`)
    expect(await found.json()).toMatchObject({ issuer: identity.issuer, jwks_uri: identity.jwksUrl })
  })

  it('rotates its keys: the old ones are accepted until they are withdrawn', async () => {
    const old = identity.token(claims)
    await identity.rotate()
    await expect(accept(old)).resolves.toBeUndefined()
    await expect(accept(identity.token(claims))).resolves.toBeUndefined()
    await identity.rotate({ withdraw: true })
    await expect(accept(old)).rejects.toThrow()
    await expect(accept(identity.token(claims))).resolves.toBeUndefined()
  })

  it('can be away, broken or slow', async () => {
    const status = async () => (await fetch(identity.jwksUrl)).status
    identity.misbehave({ kind: 'outage' })
    expect(await status()).toBe(503)
    identity.misbehave({ kind: 'reset' })
    await expect(status()).rejects.toThrow()
    identity.misbehave({ kind: 'slow', milliseconds: 60 })
    await expect(fetch(identity.jwksUrl, { signal: AbortSignal.timeout(20) })).rejects.toThrow()
    identity.misbehave({ kind: 'oversized', bytes: 1_000_000 })
    expect((await (await fetch(identity.jwksUrl)).text()).length).toBeGreaterThan(1_000_000)
    identity.misbehave({ kind: 'nonsense' })
    expect(await (await fetch(identity.jwksUrl)).text()).toContain('html')
    identity.misbehave(null)
    expect(await status()).toBe(200)
    expect(identity.requests()).toBeGreaterThan(5)
  })
})
