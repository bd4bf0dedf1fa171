import { createServer, type Server } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openTokenVerifier } from '../../functions/adapters/oidc/verifier.ts'
import type { HandlerContext } from '../../functions/handlers/context.ts'
import { byToken } from '../../functions/http/access.ts'
import type { RunningServer } from '../../functions/http/server.ts'
import type { LogEntry } from '../../functions/pipeline/ports.ts'
import { type IdentityServer, startIdentityServer } from '../emulators/identity/server.ts'
import { envelope, post, serve } from '../support/pushes.ts'

const AUDIENCE = 'https://daybreak.example'
const PUSH = 'push@test-project.iam.gserviceaccount.com'
const PERSON = 'operator@example.com'
const claims = { aud: AUDIENCE, email: PUSH }

let identity: IdentityServer
let server: RunningServer
const logged: LogEntry[] = []
beforeAll(async () => {
  identity = await startIdentityServer()
  server = await serve(contextOf(identity))
})
afterAll(async () => {
  await server.drain(100, () => undefined)
  await identity.close()
})
afterEach(() => identity.misbehave(null))

/** A context whose ledger must not be reached: touching it fails the test with a 500. */
function contextOf(
  { issuer, jwksUrl }: Pick<IdentityServer, 'issuer' | 'jwksUrl'>,
  signatures: 'verify' | 'platform' = 'verify',
): HandlerContext {
  const time = { now: Date.now, timeout: 500 }
  const verify = openTokenVerifier({ issuers: [issuer], jwksUrl, audience: AUDIENCE, signatures, ...time })
  const ledger = { message: async () => null, runs: async () => [], backfills: async () => [] }
  return {
    worker: { definitions: new Map(), ports: { ledger, log: () => undefined, clock: { now: Date.now } } } as never,
    authenticate: byToken({ push: { verify, accounts: [PUSH] }, caller: { verify, accounts: [PERSON] } }),
    maxBodyBytes: 1_048_576,
    timeBudget: 5_000,
    gather: 0,
    now: Date.now,
    log: (entry) => logged.push(entry),
    stopping: new AbortController().signal,
    traced: (_, work) => work(),
    inboxes: [],
    dependencies: {},
    recordFailure: async () => undefined,
  }
}

const push = (token: string, path = '/ingest') =>
  post(server, path, envelope({ messageId: 'm' }), { authorization: `Bearer ${token}` })

describe('a push', () => {
  it('with the token of the right account is taken', async () => {
    expect((await push(identity.token(claims))).status).toBe(204)
  })

  describe('whose signature was removed on its way', () => {
    const removed = (token: string) => `${token.split('.').slice(0, 2).join('.')}.SIGNATURE_REMOVED_BY_GOOGLE`
    const behindPlatform = async (work: (status: (token: string) => Promise<number>) => Promise<void>) => {
      const own = await serve(contextOf(identity, 'platform'))
      const status = async (token: string) =>
        (await post(own, '/ingest', envelope({ messageId: 'm' }), { authorization: `Bearer ${token}` })).status
      await work(status).finally(() => own.drain(100, () => undefined))
    }

    it('is refused, and told which setting takes it', async () => {
      logged.length = 0
      expect((await push(removed(identity.token(claims)))).status).toBe(401)
      expect(logged).toMatchObject([{ message: expect.stringContaining('set `http.signatures: platform`') }])
    })

    it('is taken where the platform checks signatures, and a signed one as well', async () => {
      await behindPlatform(async (status) => {
        expect(await status(removed(identity.token(claims)))).toBe(204)
        expect(await status(identity.token(claims))).toBe(204)
      })
    })

    it('is refused there for every other reason, as a signed one is', async () => {
      await behindPlatform(async (status) => {
        const claimsAlone = (name: string) =>
          !/key|HS256|PS256|signature|algorithm|extension|payload|parts|at all/.test(name)
        for (const { name, token } of identity.forgeries(claims)) {
          expect(await status(token), name).toBeGreaterThanOrEqual(401)
          if (claimsAlone(name)) expect(await status(removed(token)), `${name}, removed`).toBeGreaterThanOrEqual(401)
        }
        const none = identity.forgeries(claims).find(({ name }) => name === 'algorithm none')
        expect(await status(removed(none?.token ?? ''))).toBe(401)
      })
    })
  })

  it('is refused with every forged token, and nothing of the token is told or logged', async () => {
    const forgeries = identity.forgeries(claims)
    expect(forgeries.length).toBeGreaterThanOrEqual(14)
    logged.length = 0
    for (const { name, token } of forgeries) {
      const answer = await push(token)
      expect([401, 403], name).toContain(answer.status)
      const told = `${await answer.text()}${JSON.stringify([...answer.headers])}${JSON.stringify(logged)}`
      for (const part of token.split('.').filter((each) => each.length > 8)) expect(told, name).not.toContain(part)
      expect(told, name).not.toMatch(/evil|another@|not-push|someone|intruder/)
    }
  })

  it.each([
    ['no header', {}],
    ['no token', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
    ['a token of 9,000 characters', { authorization: `Bearer ${'a'.repeat(9_000)}` }],
  ])('is refused with %s', async (_, headers) => {
    const answer = await post(server, '/tick', envelope({}), headers)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('is not taken from a person, and a backfill not from a subscription', async () => {
    const person = identity.token({ ...claims, email: PERSON })
    expect((await push(person)).status).toBe(403)
    const list = (token: string) =>
      fetch(`http://127.0.0.1:${server.port}/backfill`, { headers: { authorization: `Bearer ${token}` } })
    expect((await list(person)).status).toBe(200)
    const listed = await list(identity.token(claims))
    expect(listed.status).toBe(403)
    expect(await listed.json()).toMatchObject({ code: 'FORBIDDEN' })
  })

  it.each([
    '/tick',
    '/ingest',
    '/load',
    '/file-arrival',
    '/notify',
    '/dead-letter',
    '/backfill',
    '/dead-letter:replay',
  ])('to %s wants a token', async (path) => {
    expect((await post(server, path, {})).status).toBe(401)
  })

  it('is not taken when its audience is a list in which ours is one of several', async () => {
    const several = { ...claims, aud: [AUDIENCE, 'https://evil.example'] } as never
    expect((await push(identity.token(several))).status).toBe(401)
  })
})

describe('the keys of the issuer', () => {
  const fresh = async (work: (server: RunningServer, issuer: IdentityServer) => Promise<void>) => {
    const issuer = await startIdentityServer()
    const own = await serve(contextOf(issuer))
    await work(own, issuer).finally(async () => {
      await own.drain(100, () => undefined)
      await issuer.close()
    })
  }
  const status = async (own: RunningServer, token: string) =>
    (await post(own, '/load', envelope({ messageId: 'm' }), { authorization: `Bearer ${token}` })).status

  it.each([
    { kind: 'outage' },
    { kind: 'reset' },
    { kind: 'nonsense' },
    { kind: 'oversized', bytes: 1_000_000 },
    { kind: 'slow', milliseconds: 2_000 },
  ] as const)('that cannot be had ($kind) refuse no caller for good: the push comes again', async (fault) => {
    await fresh(async (own, issuer) => {
      issuer.misbehave(fault)
      const authorization = `Bearer ${issuer.token(claims)}`
      const refused = await post(own, '/ingest', envelope({ messageId: 'm' }), { authorization })
      expect(refused.status).toBe(503)
      expect(await refused.json()).toMatchObject({ code: 'IDENTITY_UNAVAILABLE' })
      issuer.misbehave(null)
      expect(await status(own, issuer.token(claims))).toBe(204)
    })
  })

  it('are asked for once, however many forged tokens name keys that do not exist', async () => {
    await fresh(async (own, issuer) => {
      const forged = issuer.forgeries(claims).find(({ name }) => name === 'a key name that was never published')
      expect(await status(own, issuer.token(claims))).toBe(204)
      for (let index = 0; index < 20; index++) expect(await status(own, forged?.token ?? '')).toBe(401)
      expect(issuer.requests()).toBe(1)
    })
  })

  it('are not followed to another address', async () => {
    let followed = 0
    const elsewhere: Server = createServer((_, response) => {
      followed++
      response.writeHead(302, { location: identity.jwksUrl }).end()
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    const { port } = elsewhere.address() as { port: number }
    const own = await serve(contextOf({ issuer: identity.issuer, jwksUrl: `http://127.0.0.1:${port}/certs` }))
    const before = identity.requests()
    expect(await status(own, identity.token(claims))).toBe(503)
    expect({ followed, asked: identity.requests() - before }).toEqual({ followed: 1, asked: 0 })
    await own.drain(100, () => undefined)
    elsewhere.close()
  })
})
