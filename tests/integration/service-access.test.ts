import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decide } from '../../functions/access/decide.ts'
import { ROLES, type Role } from '../../functions/access/roles.ts'
import { openTokenIssuer } from '../../functions/adapters/oidc/tokens.ts'
import { addressOf } from '../../functions/api/contract/client.ts'
import type { Route } from '../../functions/api/contract/route.ts'
import { API, type ApiKey } from '../../functions/api/contract/routes.ts'
import { type ServedAuth, serviceAuthentication } from '../../functions/compose/authentication.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import { type ApiWorld, createApiWorld, startAs } from '../support/api-world.ts'
import { type Claims, type PersonTokens, startPersonTokens } from '../support/person-tokens.ts'

const AUDIENCE = '/projects/123456789012/locations/us-central1/services/daybreak-api'
const ISSUER = 'https://login.example.com'
const NOTIFY = NotifyConfig.parse({
  version: 1,
  people: {
    ana: { name: 'Ana', zone: 'America/New_York', email: 'ana@example.com', role: 'admin' },
    eli: { name: 'Eli', zone: 'America/New_York', email: 'eli@example.com', role: 'operator', locations: ['tag:west'] },
    ben: { name: 'Ben', zone: 'America/New_York', email: 'ben@example.com', role: 'operator', locations: ['185001'] },
  },
  access: [
    { who: 'group:analysts@example.com', role: 'analyst', locations: ['tag:west'] },
    { who: 'domain:example.com', role: 'viewer' },
    { who: 'serviceAccount:report@p.iam.gserviceaccount.com', role: 'analyst' },
  ],
})

let api: ApiWorld
let issuer: PersonTokens
/** The public key of API tokens, as anybody may read it. */
let ownKeys: readonly string[]
let servers: Readonly<Record<'iap' | 'oidc', Awaited<ReturnType<typeof startAs>>>>
beforeAll(async () => {
  api = await createApiWorld()
  issuer = await startPersonTokens()
  const [east, west] = api.project.locations.locations
  if (!east || !west) throw new TypeError('the world has two locations')
  const { environment } = api.project
  const google = { project: 'acme-daybreak', region: 'us-central1', endpoints: { iap: issuer.keys } }
  const project = {
    ...api.project,
    notify: NOTIFY,
    locations: { version: 1 as const, locations: [east, { ...west, tags: ['west'] }] },
    environment: { ...environment, google },
  }
  const { now } = api.world.clock
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  const tokens = await openTokenIssuer({ keys: [pem.toString()], issuer: 'daybreak:test', now })
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'pem' })
  ownKeys = [spki.toString(), JSON.stringify((await tokens.publicKeys()).keys[0])]
  const start = (auth: ServedAuth) =>
    startAs({ world: api.world, project }, async ({ people }) => ({
      authentication: serviceAuthentication(auth, project, { ledger: people, now, tokens, sessions: null }),
      tokens,
    }))
  servers = {
    iap: await start({ kind: 'iap', audience: AUDIENCE }),
    oidc: await start({ kind: 'oidc', issuer: ISSUER, keys: issuer.keys, audience: 'daybreak' }),
  }
})
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close()
  await issuer.close()
  await api.close()
})

const seconds = () => Math.floor(api.world.clock.now() / 1000)
const iapClaims = (changes: Claims = {}): Claims => ({
  iss: 'https://cloud.google.com/iap',
  aud: AUDIENCE,
  sub: 'accounts.google.com:1',
  email: 'ana@example.com',
  hd: 'example.com',
  iat: seconds(),
  exp: seconds() + 600,
  ...changes,
})
const oidcClaims = (changes: Claims = {}): Claims => ({
  ...{ iss: ISSUER, aud: 'daybreak', sub: '1', email: 'ana@example.com', email_verified: true },
  ...{ iat: seconds(), exp: seconds() + 3600, ...changes },
})

async function ask(kind: 'iap' | 'oidc', headers: Readonly<Record<string, string>>, path = '/api/me', init = {}) {
  const answer = await fetch(`http://127.0.0.1:${servers[kind].port}${path}`, { ...init, headers })
  const text = await answer.text()
  return { status: answer.status, text, body: text === '' ? null : JSON.parse(text) }
}
const asserted = (claims: Claims) => ({ 'x-goog-iap-jwt-assertion': issuer.token(claims) })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const ROUTES = (Object.entries(API) as [ApiKey, Route][]).filter(([, { role }]) => role !== 'public')

/** The example of a route, sent with a token. */
async function call(key: ApiKey, token: string) {
  const { examples }: Route = API[key]
  const { method, url } = addressOf(key, examples[0])
  return await ask('oidc', { ...bearer(token), 'content-type': 'application/json' }, url, {
    method,
    ...(method !== 'GET' && { body: JSON.stringify(examples[0].body ?? {}) }),
  })
}

describe('behind Identity-Aware Proxy', () => {
  it('knows a person by the signed header alone', async () => {
    expect((await ask('iap', asserted(iapClaims()))).body).toMatchObject({
      ...{ name: 'ana@example.com', role: 'admin', shards: null, csrf: null },
    })
    const forged = { 'x-goog-authenticated-user-email': 'accounts.google.com:ana@example.com' }
    expect((await ask('iap', forged)).status).toBe(401)
    expect((await ask('iap', { ...forged, 'x-goog-authenticated-user-id': '1' })).status).toBe(401)
    const ben = await ask('iap', { ...asserted(iapClaims({ email: 'ben@example.com' })), ...forged })
    expect(ben.body).toMatchObject({ name: 'ben@example.com', role: 'operator', shards: ['185001'] })
  })

  it('refuses each forged assertion, and tells nothing of it', async () => {
    const now = seconds()
    const wrong: Readonly<Record<string, Claims>> = {
      'over for a minute': { iat: now - 700, exp: now - 60 },
      'made an hour ago for two': { iat: now - 3600, exp: now + 3600 },
      'good for longer than ten minutes': { exp: now + 3600 },
      'from the future': { iat: now + 300, exp: now + 800 },
      'without an end': { exp: undefined },
      'without a beginning': { iat: undefined },
      'for another audience': { aud: '/projects/1/locations/us-central1/services/daybreak-api' },
      'for several audiences': { aud: [AUDIENCE, '/projects/1/global/backendServices/2'] },
      'without an audience': { aud: undefined },
      'from another issuer': { iss: 'https://accounts.google.com' },
      'without an e-mail': { email: undefined },
      'without a subject': { sub: undefined },
    }
    const tokens = [
      ...Object.entries(wrong).map(([name, changes]) => [name, issuer.token(iapClaims(changes))] as const),
      ...issuer.forgeries(iapClaims()),
      ['RS256 with a key that the issuer publishes', issuer.rsa(iapClaims())] as const,
      ['too long', `${issuer.token(iapClaims())}${'a'.repeat(12_000)}`] as const,
    ]
    for (const [name, token] of tokens) {
      const { status, text } = await ask('iap', { 'x-goog-iap-jwt-assertion': token })
      expect([name, status]).toEqual([name, 401])
      for (const part of token.split('.').filter((each) => each.length > 8)) expect(text, name).not.toContain(part)
    }
    expect((await ask('iap', bearer(issuer.token(iapClaims())))).status).toBe(401)
  })

  it('refuses each forged token on every route, before it looks at the request', async () => {
    const now = seconds()
    const forged = [
      ...issuer.forgeries(oidcClaims()).map(([, token]) => token),
      ...[{ iat: now - 7200, exp: now - 60 }, { aud: 'other' }, { iss: `${ISSUER}.evil.example` }].map((changes) =>
        issuer.token(oidcClaims(changes)),
      ),
    ]
    const own = issuer.forgeries({ ...oidcClaims(), jti: '1', role: 'admin', scope: null }, { typ: 'daybreak+jwt' })
    forged.push(...own.map(([, token]) => token))
    expect(ROUTES.length).toBeGreaterThan(60)
    for (const [at, [key]] of ROUTES.entries()) {
      // Each route sees some of them, and each of them some routes.
      for (const token of forged.filter((_, nth) => nth % 8 === at % 8)) {
        const { status, body } = await call(key, token)
        expect([key, token.slice(0, 60), status, body.code]).toEqual([key, token.slice(0, 60), 401, 'UNAUTHENTICATED'])
      }
    }
    expect(issuer.lured()).toBe(0)
    const { entries } = (await ask('oidc', bearer(issuer.token(oidcClaims())), '/api/audit')).body
    expect(entries).toEqual([])
  })

  it('says who to ask when it knows an account and grants it nothing', async () => {
    // A private account may have any address; only the organisation that vouches for it makes it one of the domain.
    for (const changes of [
      { email: 'eve@example.com', hd: undefined },
      { email: 'eve@evil.example', hd: 'evil.example' },
    ]) {
      const { status, body } = await ask('iap', asserted(iapClaims(changes)))
      expect(status).toBe(403)
      expect(body.detail).toBe(
        `${changes.email} has no access; ask ana@example.com to add it to \`access\` of config/notify.yaml`,
      )
    }
    const program = iapClaims({ email: 'report@p.iam.gserviceaccount.com', hd: undefined })
    expect((await ask('iap', asserted(program))).body).toMatchObject({ role: 'analyst', shards: null })
    expect((await ask('iap', asserted(iapClaims({ email: 'Zoe@Example.com' })))).body).toMatchObject({
      ...{ name: 'zoe@example.com', role: 'viewer' },
    })
  })

  it('refuses a write that a page of another origin sends with the cookie of the proxy', async () => {
    const own = `http://127.0.0.1:${servers.iap.port}`
    const json = { 'content-type': 'application/json', ...asserted(iapClaims()) }
    const write = async (headers: Readonly<Record<string, string>>) =>
      (await ask('iap', headers, '/api/runs', { method: 'POST', body: '{"reason":1}' })).status
    for (const headers of [
      { ...json, origin: 'https://evil.example' },
      { ...json, origin: 'null' },
      { ...json, origin: 'http://127.0.0.1:1' },
      { ...json, 'sec-fetch-site': 'cross-site' },
      { ...json, 'sec-fetch-site': 'same-site' },
      { ...json, 'content-type': 'text/plain' },
      { ...json, 'content-type': 'application/x-www-form-urlencoded' },
      { ...json, 'x-http-method-override': 'DELETE' },
    ])
      expect([headers, await write(headers)]).toEqual([headers, 403])
    // The body is at fault, so the request was let in.
    expect(await write({ ...json, origin: own, 'sec-fetch-site': 'same-origin' })).toBe(400)
    expect((await ask('iap', { ...asserted(iapClaims()), 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  })
})

describe('with another OpenID provider', () => {
  it('knows a person by a token of either algorithm, and its groups', async () => {
    expect((await ask('oidc', bearer(issuer.token(oidcClaims())))).body).toMatchObject({ role: 'admin' })
    expect((await ask('oidc', bearer(issuer.rsa(oidcClaims())))).body).toMatchObject({ role: 'admin' })
    const claims = oidcClaims({ email: 'cy@partner.example', groups: ['others', 'analysts@example.com'] })
    expect((await ask('oidc', bearer(issuer.token(claims)))).body).toMatchObject({
      role: 'analyst',
      shards: ['185002'],
    })
  })

  it('refuses each forged token', async () => {
    const now = seconds()
    const wrong: Readonly<Record<string, Claims>> = {
      over: { iat: now - 7200, exp: now - 60 },
      'good for a week': { exp: now + 604_800 },
      'for another client': { aud: 'other' },
      'from another issuer': { iss: `${ISSUER}.evil.example` },
      'with an e-mail that is not verified': { email_verified: false },
      'with an e-mail that is verified in words': { email_verified: 'true' },
      'without a word on the e-mail': { email_verified: undefined },
    }
    for (const [name, token] of [
      ...Object.entries(wrong).map(([name, changes]) => [name, issuer.token(oidcClaims(changes))] as const),
      ...issuer.forgeries(oidcClaims()),
    ])
      expect([name, (await ask('oidc', bearer(token))).status]).toEqual([name, 401])
    expect((await ask('oidc', {})).status).toBe(401)
    expect((await ask('oidc', asserted(iapClaims()))).status).toBe(401)
  })
})

it('knows a person of tagged locations by their ids', async () => {
  const eli = bearer(issuer.token(oidcClaims({ email: 'eli@example.com' })))
  expect((await ask('oidc', eli)).body).toMatchObject({ role: 'operator', shards: ['185002'] })
})

describe('an API token', () => {
  const json = { 'content-type': 'application/json' }
  const as = (email: string) => bearer(issuer.token(oidcClaims({ email, hd: 'example.com' })))
  const make = (email: string, body: Claims, headers: Readonly<Record<string, string>> = {}) =>
    ask('oidc', { ...json, ...as(email), ...headers }, '/api/tokens', { method: 'POST', body: JSON.stringify(body) })
  const revoke = (id: string, headers: Readonly<Record<string, string>>) =>
    ask('oidc', { ...json, ...headers }, `/api/tokens/${id}`, { method: 'DELETE', body: '{}' })
  const audit = async (subject: string) =>
    (await ask('oidc', as('ana@example.com'), `/api/audit?subject=${encodeURIComponent(subject)}`)).body.entries

  it('acts for its maker with the rights that it was given, until it is revoked', async () => {
    const made = await make('ana@example.com', { name: 'report', role: 'operator', shards: ['185001'], days: 90 })
    expect(made.status).toBe(201)
    const { id, token } = made.body
    const own = bearer(token)
    expect((await ask('oidc', own)).body).toMatchObject({
      name: 'ana@example.com',
      role: 'operator',
      shards: ['185001'],
    })
    expect((await ask('oidc', own, '/api/audit')).status).toBe(403)
    // Behind the proxy the token narrows a caller, and is no way around it.
    expect((await ask('iap', own)).status).toBe(401)
    expect((await ask('iap', { ...own, ...asserted(iapClaims()) })).body).toMatchObject({ role: 'operator' })
    const listed = await ask('oidc', as('ana@example.com'), '/api/tokens')
    expect(listed.body.tokens).toContainEqual(expect.objectContaining({ id, name: 'report', revokedAt: null }))
    expect(listed.text).not.toContain(token.split('.')[2])
    expect((await revoke(id, as('ana@example.com'))).status).toBe(204)
    expect((await ask('oidc', own)).status).toBe(401)
    const entries = await audit(`token/${id}`)
    expect(entries.map(({ action, before, after }: Claims) => [action, before, after])).toEqual([
      [
        'token.revoke',
        expect.objectContaining({ revokedAt: null }),
        expect.objectContaining({ revokedAt: expect.any(String) }),
      ],
      ['token.create', null, expect.objectContaining({ role: 'operator', shards: ['185001'] })],
    ])
    expect(JSON.stringify(entries)).not.toContain(token.split('.')[2])
  })

  it('never has more than its maker, nor makes another', async () => {
    expect((await make('ben@example.com', { name: 'a', role: 'admin' })).status).toBe(403)
    expect((await make('ben@example.com', { name: 'a', role: 'viewer', shards: ['185002'] })).status).toBe(403)
    expect((await make('ben@example.com', { name: 'a', role: 'viewer', days: 91 })).status).toBe(400)
    const { body } = await make('ben@example.com', { name: 'a', role: 'operator' })
    expect(body).toMatchObject({ owner: 'ben@example.com', shards: ['185001'] })
    expect((await make('ben@example.com', { name: 'b', role: 'viewer' }, bearer(body.token))).status).toBe(403)
    // Of others it exists for an administrator alone.
    expect((await revoke(body.id, as('zoe@example.com'))).status).toBe(404)
    expect((await ask('oidc', as('zoe@example.com'), '/api/tokens')).body).toEqual({ tokens: [] })
    expect((await ask('oidc', bearer(body.token))).status).toBe(200)
    expect((await revoke(body.id, as('ana@example.com'))).status).toBe(204)
  })

  it('is shown once, also to a request that is sent again with its key', async () => {
    const key = { 'idempotency-key': 'once' }
    const first = await make('ana@example.com', { name: 'c', role: 'viewer' }, key)
    const second = await make('ana@example.com', { name: 'c', role: 'viewer' }, key)
    expect([first.status, second.status]).toEqual([201, 409])
    expect(second.text).not.toContain(first.body.token)
    expect((await audit(`token/${first.body.id}`)).length).toBe(1)
  })

  it('is refused once the entry of its maker is removed, and has no more than an entry that came back', async () => {
    const path = '/api/settings/people/dan'
    const setting = (method: 'PUT' | 'DELETE', version: number, role?: string) => {
      const body = { name: 'Dan', zone: 'America/New_York', email: 'dan@partner.example', ...(role && { role }) }
      const headers = { ...json, ...as('ana@example.com'), 'if-match': `"${version}"` }
      return ask('oidc', headers, path, { method, body: JSON.stringify(method === 'PUT' ? body : {}) })
    }
    const dan = bearer(issuer.token(oidcClaims({ email: 'dan@partner.example' })))
    // Grants are read again after ten seconds.
    const later = () => api.world.clock.advance(11_000)
    expect((await setting('PUT', 0, 'operator')).status).toBe(200)
    await later()
    const made = await ask('oidc', { ...json, ...dan }, '/api/tokens', {
      method: 'POST',
      body: JSON.stringify({ name: 'e', role: 'operator' }),
    })
    const own = bearer(made.body.token)
    expect([made.status, (await ask('oidc', own)).status]).toEqual([201, 200])
    expect((await setting('DELETE', 1)).status).toBe(204)
    await later()
    const refused = await ask('oidc', own)
    expect([refused.status, refused.body.code]).toEqual([401, 'UNAUTHENTICATED'])
    expect((await setting('PUT', 0, 'viewer')).status).toBe(200)
    await later()
    expect((await ask('oidc', own)).body).toMatchObject({ role: 'viewer' })
  })

  it('reaches on every route as far as both itself and the entry of its maker do', async () => {
    const path = '/api/settings/people/fay'
    const fay = { name: 'Fay', zone: 'America/New_York', email: 'fay@partner.example' }
    const entry = async (version: number, rights: Claims) => {
      const headers = { ...json, ...as('ana@example.com'), 'if-match': `"${version}"` }
      const put = await ask('oidc', headers, path, { method: 'PUT', body: JSON.stringify({ ...fay, ...rights }) })
      expect(put.status).toBe(200)
      await api.world.clock.advance(11_000)
    }
    await entry(0, { role: 'admin' })
    const whole = bearer(issuer.token(oidcClaims({ email: fay.email })))
    const scopes = [undefined, ['185001'], ['185002'], ['185001', '185002']]
    const made: { readonly role: Role; readonly shards: readonly string[] | undefined; readonly token: string }[] = []
    for (const role of ROLES)
      for (const shards of scopes) {
        const body = JSON.stringify({ name: `${role} ${shards}`, role, ...(shards && { shards }) })
        const { body: answer } = await ask('oidc', { ...json, ...whole }, '/api/tokens', { method: 'POST', body })
        made.push({ role, shards, token: answer.token })
      }
    let refused = 0
    for (const [at, { least, own }] of [
      { least: 'admin', own: null },
      { least: 'operator', own: ['185001'] },
      { least: 'viewer', own: ['185002'] },
    ].entries()) {
      await entry(at + 1, { role: least, ...(own && { locations: own }) })
      for (const { role, shards, token } of made) {
        const lesser = ROLES[Math.min(ROLES.indexOf(role), ROLES.indexOf(least as Role))] ?? 'viewer'
        const common = own === null ? (shards ?? null) : own.filter((shard) => shards?.includes(shard) ?? true)
        const principal = { name: fay.email, role: lesser, shards: common }
        expect((await ask('oidc', bearer(token))).body).toMatchObject(principal)
        for (const [key, route] of ROUTES) {
          const shard = route.examples[0].path?.['shard']
          const decision = decide(principal, route, shard === undefined ? null : { shard })
          if (decision === 'allowed') continue
          refused++
          const { status } = await call(key, token)
          expect([key, role, shards, least, status]).toEqual([
            key,
            role,
            shards,
            least,
            decision === 'absent' ? 404 : 403,
          ])
        }
      }
    }
    expect(refused).toBeGreaterThan(1_000)
    const { entries } = (await ask('oidc', as('ana@example.com'), '/api/audit?actor=fay@partner.example')).body
    expect(new Set(entries.map(({ action }: Claims) => action))).toEqual(new Set(['token.create']))
  })

  it('is refused when it is forged, and when it is over', async () => {
    const { body } = await make('ana@example.com', { name: 'd', role: 'viewer', days: 1 })
    const [header = '', payload = '', signature = ''] = String(body.token).split('.')
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const forged = [
      `${encode({ alg: 'none', typ: 'daybreak+jwt' })}.${payload}.`,
      `${header}.${encode({ ...claims, jti: 'other' })}.${signature}`,
      `${header}.${payload}.`,
      issuer.token(claims),
    ]
    const head = JSON.parse(Buffer.from(header, 'base64url').toString())
    const { kid } = head
    const hashed = `${encode({ ...head, alg: 'HS256' })}.${payload}`
    for (const secret of ownKeys)
      forged.push(`${hashed}.${createHmac('sha256', secret).update(hashed).digest('base64url')}`)
    forged.push(
      ...issuer.forgeries({ ...claims, role: 'admin' }, { typ: 'daybreak+jwt', kid }).map(([, token]) => token),
    )
    for (const token of forged) expect((await ask('oidc', bearer(token))).status).toBe(401)
    expect(issuer.lured()).toBe(0)
    expect((await ask('oidc', bearer(body.token))).status).toBe(200)
    await api.world.clock.advance(2 * 86_400_000)
    expect((await ask('oidc', bearer(body.token))).status).toBe(401)
  })
})
