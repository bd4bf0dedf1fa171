import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LiveMessage } from '../../functions/api/contract/live-messages.ts'
import { createServiceSite, type ServiceSite } from '../../functions/compose/site.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import { type RunningServer, startServer } from '../../functions/http/server.ts'
import { at } from '../support/definition.ts'
import { connect, eventually, runChange } from '../support/live-world.ts'
import { type Claims, type PersonTokens, startPersonTokens } from '../support/person-tokens.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'

const AUDIENCE = '/projects/123456789012/locations/us-central1/services/daybreak-api'
const NOTIFY = NotifyConfig.parse({ version: 1, access: [{ who: 'domain:example.com', role: 'viewer' }] })

let world: World
let issuer: PersonTokens
let daybreak: Awaited<ReturnType<World['open']>>
let site: ServiceSite
let server: RunningServer
beforeAll(async () => {
  world = await createWorld({ now: at('2026-10-30T18:00:00Z') })
  issuer = await startPersonTokens()
  daybreak = await world.open()
  const google = { project: 'acme-daybreak', region: 'us-central1', endpoints: { iap: issuer.keys } }
  site = await createServiceSite({
    project: { ...world.project, notify: NOTIFY, environment: { ...world.project.environment, google } },
    auth: { kind: 'iap', audience: AUDIENCE },
    open: async () => daybreak,
    work: (_, response) => void response.end(),
    root: ROOT,
    env: {},
    stopping: new AbortController().signal,
    traced: (_, work) => work(),
    version: 'test',
  })
  const { handler, upgrades } = site
  server = await startServer({ handler, upgrades, host: '127.0.0.1', port: 0, maxBodyBytes: 1_000 })
})
afterAll(async () => {
  await server.drain(3_000, () => undefined)
  await site.close()
  await daybreak.close()
  await issuer.close()
  await world.close()
})

const asserted = (changes: Claims = {}) => {
  const now = Math.floor(world.clock.now() / 1000)
  const claims = {
    ...{ iss: 'https://cloud.google.com/iap', aud: AUDIENCE, sub: 'accounts.google.com:1' },
    ...{ email: 'zoe@example.com', hd: 'example.com', iat: now, exp: now + 600, ...changes },
  }
  return { 'x-goog-iap-jwt-assertion': issuer.token(claims) }
}
const open = (headers: Readonly<Record<string, string>>) => connect(server.port, { token: null, headers })
const isTold = (messages: readonly LiveMessage[]) => JSON.stringify(messages).includes('run/told')

it('a service tells a person behind Identity-Aware Proxy of changes', async () => {
  const client = await open(asserted())
  client.hello()
  await client.until((messages) => messages.some(({ type }) => type === 'ready'))
  await daybreak.people.apply([runChange('told')])
  await client.until(isTold)
})

it('a service refuses a socket without a proof, with a wrong one, and from a page of another origin', async () => {
  await expect(open({})).rejects.toThrow('status 401')
  await expect(open(asserted({ aud: '/projects/1/global/backendServices/2' }))).rejects.toThrow('status 401')
  await expect(open(asserted({ email: 'eve@evil.example', hd: 'evil.example' }))).rejects.toThrow('status 403')
  await expect(open({ ...asserted(), origin: 'https://evil.example' })).rejects.toThrow('status 403')
})

it('a service that ends says goodbye to its sockets', async () => {
  const client = await open(asserted())
  client.hello()
  await client.until((messages) => messages.some(({ type }) => type === 'ready'))
  await site.upgrades.leave()
  await eventually(() => client.messages.at(-1)?.type).toBe('bye')
  expect(await client.ended).toMatchObject({ code: 1001 })
})
