import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createSealer } from '../../functions/adapters/oidc/sealed.ts'
import { createServiceSite, type ServiceSite } from '../../functions/compose/site.ts'
import { AuthConfig } from '../../functions/config/auth-config.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import { type RunningServer, startServer } from '../../functions/http/server.ts'
import type { Client } from '../emulators/identity/code-flow.ts'
import { type IdentityServer, startIdentityServer } from '../emulators/identity/server.ts'
import type { Claims } from '../emulators/identity/token.ts'
import { at } from '../support/definition.ts'
import { connect } from '../support/live-world.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'

const ANA = { sub: '1', email: 'ana@example.com' }
const BEN = { sub: '2', email: 'ben@example.com' }
const SECRET = 'p%ss:wörd+1'
const KEYS = { first: 'a'.repeat(40), second: 'b'.repeat(40) }
const HOURS = 3_600_000
const NOTIFY = NotifyConfig.parse({
  version: 1,
  people: { ana: { name: 'Ana', zone: 'America/New_York', email: 'ana@example.com', role: 'admin' } },
  access: [{ who: 'group:floor@example.com', role: 'viewer' }],
})

let world: World
let provider: IdentityServer
let daybreak: Awaited<ReturnType<World['open']>>
let site: ServiceSite
let server: RunningServer
let origin: string
beforeAll(async () => {
  world = await createWorld({ now: at('2026-10-30T18:00:00Z') })
  daybreak = await world.open()
  // The provider knows the address of the service before the service is there.
  server = await startServer({
    handler: (request, response) => site.handler(request, response),
    upgrades: { take: (upgrade) => site.upgrades.take(upgrade), leave: () => site.upgrades.leave() },
    ...{ host: '127.0.0.1', port: 0, maxBodyBytes: 1_000 },
  })
  origin = `http://127.0.0.1:${server.port}`
  const client: Client = { id: 'daybreak', secret: SECRET, redirectUrls: [`${origin}/auth/callback`] }
  provider = await startIdentityServer({ now: () => world.clock.now(), clients: [client] })
  await mkdir(world.project.secretsDir, { recursive: true })
  await writeSecret('client-secret', SECRET)
  await writeSecret('session-key', KEYS.first)
  site = await openSite()
})
afterAll(async () => {
  await server.drain(3_000, () => undefined)
  await site.close()
  await daybreak.close()
  await provider.close()
  await world.close()
})

const writeSecret = (name: string, text: string) => writeFile(join(world.project.secretsDir, name), text)

async function openSite(changes: Readonly<Record<string, unknown>> = {}): Promise<ServiceSite> {
  const auth = AuthConfig.parse({
    ...{ kind: 'oidc', issuer: provider.issuer, keys: provider.jwksUrl, audience: 'daybreak' },
    sign_in: {
      authorization_endpoint: provider.authorizationEndpoint,
      token_endpoint: provider.tokenEndpoint,
      redirect_url: `${origin}/auth/callback`,
      client_secret: 'secret://client-secret',
      session_key: 'secret://session-key',
      ...changes,
    },
  })
  if (auth.kind === 'loopback') throw new TypeError('a service is proven otherwise')
  return await createServiceSite({
    project: { ...world.project, notify: NOTIFY },
    ...{ auth, open: async () => daybreak, root: ROOT, env: {}, version: 'test' },
    work: (_, response) => void response.end(),
    stopping: new AbortController().signal,
    traced: (_, work) => work(),
  })
}

/** A browser: keeps cookies of the service, and follows where it is led by hand. */
function createBrowser() {
  const jar = new Map<string, string>()
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  async function get(url: string, init: RequestInit = {}): Promise<Response> {
    const isOurs = url.startsWith(origin)
    const headers = { ...(isOurs && { cookie: cookie() }), ...Object.fromEntries(new Headers(init.headers)) }
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const text of isOurs ? answer.headers.getSetCookie() : []) {
      const [, name = '', value = '', rest = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(text) ?? []
      if (/Max-Age=0/.test(rest)) jar.delete(name)
      else jar.set(name, value)
    }
    return answer
  }
  return {
    jar,
    cookie,
    get,
    api: (path: string, init?: RequestInit) => get(`${origin}${path}`, init),
    /** Begins a sign-in, and gives the address that the provider leads back to. */
    async begin(to = '/'): Promise<string> {
      const begun = await get(`${origin}/auth/sign-in?to=${encodeURIComponent(to)}`)
      const asked = await get(begun.headers.get('location') ?? '')
      return asked.headers.get('location') ?? `refused: ${await asked.text()}`
    },
    async signIn(person: Claims, to = '/'): Promise<Response> {
      provider.signIn(person)
      return await get(await this.begin(to))
    },
  }
}

const memberOf = async (answer: Response, name: string) =>
  z.record(z.string(), z.json()).parse(await answer.json())[name]

const changed = (address: string, change: (parameters: URLSearchParams) => void): string => {
  const url = new URL(address)
  change(url.searchParams)
  return url.href
}

describe('signing in', () => {
  it('leads to the provider and back to the page, and the session then proves the person', async () => {
    const browser = createBrowser()
    const stranger = await browser.api('/api/me')
    expect([stranger.status, await memberOf(stranger, 'signIn')]).toEqual([401, '/auth/sign-in'])
    const back = await browser.signIn(ANA, '/runs?state=failed')
    expect([back.status, back.headers.get('location')]).toEqual([303, '/runs?state=failed'])
    expect([...browser.jar.keys()]).toEqual(['daybreak'])
    const me = await (await browser.api('/api/me')).json()
    expect(me).toMatchObject({ name: 'ana@example.com', role: 'admin', csrf: expect.stringMatching(/^[\w-]{43}$/) })
    const [entry] = z.array(z.json()).parse(await memberOf(await browser.api('/api/audit'), 'entries'))
    expect(entry).toMatchObject({ actor: 'ana@example.com', action: 'session.begin' })
  })

  it('asks with everything that protects it, and shows neither secret nor token to the browser', async () => {
    const begun = await createBrowser().api('/auth/sign-in')
    const asked = new URL(begun.headers.get('location') ?? '')
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      ...{
        response_type: 'code',
        client_id: 'daybreak',
        redirect_uri: `${origin}/auth/callback`,
        scope: 'openid email',
      },
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    const [cookie = ''] = begun.headers.getSetCookie()
    expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/)
    for (const value of asked.searchParams.values()) if (value.length > 20) expect(cookie).not.toContain(value)
    expect(begun.headers.get('cache-control')).toBe('no-store')
    const back = await createBrowser().signIn(ANA)
    expect(back.headers.getSetCookie()[0]).toMatch(/^daybreak=.*; HttpOnly; SameSite=Strict; Max-Age=43200$/)
  })

  it('of a group gives what the group has', async () => {
    const browser = createBrowser()
    await browser.signIn({ ...BEN, groups: ['others', 'Floor@Example.com'] })
    expect(await (await browser.api('/api/me')).json()).toMatchObject({ name: 'ben@example.com', role: 'viewer' })
  })

  it('of a person without access says who to ask, and begins no session', async () => {
    const browser = createBrowser()
    const answer = await browser.signIn(BEN)
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('ask ana@example.com')])
    expect(browser.jar.has('daybreak')).toBe(false)
  })

  it.each([
    ['/slices/toast/2026-10-29/1/orders', '/slices/toast/2026-10-29/1/orders'],
    ['https://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['/\r\nSet-Cookie: a=b', '/'],
    ['/auth/sign-in', '/'],
    ['javascript:alert(1)', '/'],
  ])('asked to lead to %j leads to %s', async (to, path) => {
    expect((await createBrowser().signIn(ANA, to)).headers.get('location')).toBe(path)
  })
})

describe('a sign-in is refused', () => {
  const refusal = async (browser: ReturnType<typeof createBrowser>, address: string) => {
    const answer = await browser.get(address)
    expect(browser.jar.has('daybreak')).toBe(false)
    return [answer.status, (await answer.text()).replaceAll(/\s+/g, ' ')]
  }

  it.each<[string, (parameters: URLSearchParams) => void, string]>([
    ['another state', (sent) => sent.set('state', 'a'.repeat(43)), 'its state is not that'],
    ['no state', (sent) => sent.delete('state'), 'its state is not that'],
    ['two states', (sent) => sent.append('state', 'a'), 'state twice'],
    ['another code', (sent) => sent.set('code', 'forged'), 'invalid_grant'],
    ['no code', (sent) => sent.delete('code'), 'no code'],
    ['another provider', (sent) => sent.set('iss', 'https://evil.example'), 'another provider'],
    ['an error in place of a code', (sent) => sent.set('error', '<script>'), 'the provider said no'],
  ])('with %s', async (_, change, why) => {
    provider.signIn(ANA)
    const browser = createBrowser()
    const [status, page] = await refusal(browser, changed(await browser.begin(), change))
    expect([status, page]).toEqual([401, expect.stringContaining(why)])
    expect(page).not.toContain('<script>')
  })

  it('when the person refuses at the provider', async () => {
    provider.signIn(null)
    const browser = createBrowser()
    expect(await refusal(browser, await browser.begin())).toEqual([401, expect.stringContaining('access_denied')])
  })

  it('in a browser that did not begin it: with no cookie, and with that of its own sign-in', async () => {
    provider.signIn(ANA)
    const address = await createBrowser().begin()
    expect((await refusal(createBrowser(), address))[0]).toBe(401)
    const victim = createBrowser()
    const own = await victim.begin()
    expect((await refusal(victim, address))[0]).toBe(401)
    // The state of one with the code of another: PKCE refuses it at the provider.
    const mixed = changed(own, (sent) => sent.set('code', new URL(address).searchParams.get('code') ?? ''))
    expect(await refusal(victim, mixed)).toEqual([401, expect.stringContaining('invalid_grant')])
  })

  it('a second time, and after ten minutes', async () => {
    provider.signIn(ANA)
    const browser = createBrowser()
    const address = await browser.begin()
    const kept = browser.cookie()
    expect((await browser.get(address)).status).toBe(303)
    const again = await fetch(address, { headers: { cookie: kept }, redirect: 'manual' })
    expect([again.status, again.headers.getSetCookie()]).toEqual([401, []])
    const late = createBrowser()
    const waiting = await late.begin()
    await world.clock.advance(11 * 60_000)
    expect((await refusal(late, waiting))[0]).toBe(401)
  })

  it.each<[string, Claims]>([
    ['another nonce', { nonce: 'a'.repeat(43) }],
    ['no nonce', { nonce: undefined }],
    ['another audience', { aud: 'another' }],
    ['another client', { azp: 'another' }],
    ['an e-mail that is not verified', { email_verified: false }],
    ['another issuer', { iss: 'https://evil.example' }],
  ])('for an ID token with %s', async (_, change) => {
    provider.falsify((claims) => provider.token({ ...claims, ...change }))
    try {
      provider.signIn(ANA)
      const browser = createBrowser()
      expect(await refusal(browser, await browser.begin())).toEqual([401, expect.stringContaining('not accepted')])
    } finally {
      provider.falsify(null)
    }
  })

  it('for each ID token with a false signature, algorithm, key or shape', async () => {
    provider.signIn(ANA)
    const { length } = provider.forgeries(ANA)
    for (let at = 0; at < length; at++) {
      let name = ''
      provider.falsify((claims) => {
        const forgery = provider.forgeries(claims)[at]
        name = forgery?.name ?? ''
        return forgery?.token ?? ''
      })
      // Who signs is right, and whom the token names is another matter: it has no access here.
      const browser = createBrowser()
      const answer = await browser.get(await browser.begin())
      const expected = /another e-mail|e-mail that ends/.test(name) ? 403 : 401
      expect([name, answer.status, browser.jar.has('daybreak')]).toEqual([name, expected, false])
    }
    provider.falsify(null)
  })

  it('while the provider is away, and says that it may be tried again', async () => {
    provider.signIn(ANA)
    const browser = createBrowser()
    const address = await browser.begin()
    provider.misbehave({ kind: 'outage' })
    try {
      expect((await browser.get(address)).status).toBe(503)
    } finally {
      provider.misbehave(null)
    }
  })

  it('with a secret that the provider does not know, as a fault of the configuration', async () => {
    provider.signIn(ANA)
    await writeSecret('client-secret', 'another')
    try {
      const browser = createBrowser()
      const answer = await browser.get(await browser.begin())
      expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining('invalid_client')])
    } finally {
      await writeSecret('client-secret', SECRET)
    }
  })

  it('by the provider itself for a redirect URL that is not the registered one', async () => {
    const before = site
    site = await openSite({ redirect_url: `http://localhost:${server.port}/auth/callback` })
    try {
      provider.signIn(ANA)
      expect(await createBrowser().begin()).toContain('redirect_uri_mismatch')
    } finally {
      await site.close()
      site = before
    }
  })
})

describe('a session', () => {
  const signedIn = async () => {
    const browser = createBrowser()
    await browser.signIn(ANA)
    return browser
  }
  const json = { 'content-type': 'application/json' }

  it('writes with its own header alone, and not from another origin', async () => {
    const browser = await signedIn()
    const csrf = String(await memberOf(await browser.api('/api/me'), 'csrf'))
    const write = async (headers: Record<string, string>) =>
      (await browser.api('/api/runs', { method: 'POST', body: '{"reason":1}', headers: { ...json, ...headers } }))
        .status
    expect(await write({})).toBe(403)
    expect(await write({ 'x-daybreak-csrf': 'a'.repeat(43) })).toBe(403)
    expect(await write({ 'x-daybreak-csrf': csrf, origin: 'https://evil.example' })).toBe(403)
    // The body is at fault, so the request was let in.
    expect(await write({ 'x-daybreak-csrf': csrf, origin })).toBe(400)
  })

  it('opens the live channel, and not from another origin', async () => {
    const cookie = (await signedIn()).cookie()
    const client = await connect(server.port, { token: null, headers: { cookie } })
    client.hello()
    await client.until((messages) => messages.some(({ type }) => type === 'ready'))
    const foreign = { cookie, origin: 'https://evil.example' }
    await expect(connect(server.port, { token: null, headers: foreign })).rejects.toThrow('status 403')
    await expect(connect(server.port, { token: null, headers: {} })).rejects.toThrow('status 401')
  })

  it('ends by signing out, and after twelve hours', async () => {
    const browser = await signedIn()
    const csrf = String(await memberOf(await browser.api('/api/me'), 'csrf'))
    const headers = { ...json, 'x-daybreak-csrf': csrf }
    expect((await browser.api('/api/session', { method: 'DELETE', headers })).status).toBe(204)
    expect(browser.jar.has('daybreak')).toBe(false)
    const other = await signedIn()
    await world.clock.advance(11.9 * HOURS)
    expect((await other.api('/api/me')).status).toBe(200)
    await world.clock.advance(0.2 * HOURS)
    expect((await other.api('/api/me')).status).toBe(401)
  })

  it('is none when it was changed, sealed by another key, or sealed for a sign-in', async () => {
    const browser = await signedIn()
    const session = browser.jar.get('daybreak') ?? ''
    const [header = '', ...rest] = session.split('.')
    const now = () => world.clock.now()
    const stolen = createSealer({ secrets: [Buffer.from(KEYS.second)], purpose: 'session', now })
    const identity = { email: 'ana@example.com', domain: null, groups: [] }
    const begun = createBrowser()
    provider.signIn(ANA)
    await begun.begin()
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    for (const cookie of [
      `${session.slice(0, -4)}AAAA`,
      [none, ...rest].join('.'),
      `${header}....`,
      `${none}.${Buffer.from(JSON.stringify({ value: { identity, csrf: '' } })).toString('base64url')}.`,
      await stolen.seal({ identity, csrf: '' }, HOURS),
      begun.jar.get('daybreak-sign-in') ?? '',
      'a'.repeat(5_000),
    ])
      expect((await fetch(`${origin}/api/me`, { headers: { cookie: `daybreak=${cookie}` } })).status).toBe(401)
  })

  it('outlives a restart, and ends when its key is replaced', async () => {
    const browser = await signedIn()
    const before = site
    site = await openSite()
    expect((await browser.api('/api/me')).status).toBe(200)
    await site.close()
    await writeSecret('session-key', KEYS.second)
    site = await openSite()
    expect((await browser.api('/api/me')).status).toBe(401)
    await site.close()
    await writeSecret('session-key', KEYS.first)
    site = before
  })

  it('needs a key of 32 bytes', async () => {
    await writeSecret('session-key', 'short')
    const before = site
    site = await openSite()
    try {
      const answer = await createBrowser().api('/auth/sign-in')
      expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining('at least 32')])
    } finally {
      await site.close()
      await writeSecret('session-key', KEYS.first)
      site = before
    }
  })
})

it('a service behind https binds its cookies to its one host', async () => {
  const before = site
  site = await openSite({ redirect_url: 'https://daybreak.example.com/auth/callback' })
  try {
    const [cookie = ''] = (await createBrowser().api('/auth/sign-in')).headers.getSetCookie()
    expect(cookie).toMatch(/^__Host-daybreak-sign-in=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/)
  } finally {
    await site.close()
    site = before
  }
})

it('a sign-in is asked for by GET alone', async () => {
  expect((await createBrowser().api('/auth/sign-in', { method: 'POST' })).status).toBe(405)
})
