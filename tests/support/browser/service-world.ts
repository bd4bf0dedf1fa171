import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { builtDashboard } from '../../../cli/dashboard/build.ts'
import { createServiceSite } from '../../../functions/compose/site.ts'
import { NotifyConfig } from '../../../functions/config/notify-config.ts'
import { startServer } from '../../../functions/http/server.ts'
import { PROGRAM } from '../api-world.ts'
import { startPersonTokens } from '../person-tokens.ts'
import { ROOT } from '../world.ts'
import { type Nights, openNights } from './served-world.ts'

const ISSUER = 'https://login.example.com'
const ROLES = ['viewer', 'analyst', 'operator', 'admin'] as const
const ACCESS = NotifyConfig.parse({
  version: 1,
  access: [
    ...ROLES.map((role) => ({ who: `user:${role}@example.com`, role })),
    { who: 'user:east@example.com', role: 'operator', locations: ['185001'] },
  ],
})

/** Nights served as a service does it: people come through a proxy that proves them, and have roles. */
export interface ServiceWorld {
  readonly nights: Nights
  readonly origin: string
  /** A page of the person with this address, behind a proxy that adds the token of the person. */
  visit(browser: Browser, email: string, options?: BrowserContextOptions): Promise<Page>
  /** Ends the server as a kill does: without a goodbye to its clients. */
  stop(): Promise<void>
  /** Serves again at the same address. */
  start(): Promise<void>
  close(): Promise<void>
}

export async function serveService(): Promise<ServiceWorld> {
  const nights = await openNights()
  const issuer = await startPersonTokens()
  await builtDashboard({ program: PROGRAM, stderr: process.stderr })
  let serving = await serve(nights, { keys: issuer.keys, port: 0 })
  const { port } = serving
  const origin = `http://127.0.0.1:${port}`
  return {
    nights,
    origin,
    async visit(browser, email, options = {}) {
      const iat = Math.floor(nights.clock.now() / 1000)
      const claims = { iss: ISSUER, aud: 'daybreak', sub: email, email, email_verified: true }
      const headers = { authorization: `Bearer ${issuer.rsa({ ...claims, iat, exp: iat + 3600 })}` }
      const context = await browser.newContext({ locale: 'en-GB', ...options, extraHTTPHeaders: headers })
      return await context.newPage()
    },
    stop: () => serving.end(),
    async start() {
      serving = await serve(nights, { keys: issuer.keys, port })
    },
    async close() {
      await serving.end()
      await issuer.close()
      await nights.close()
    },
  }
}

async function serve({ world, project, clock }: Nights, { keys, port }: { keys: string; port: number }) {
  const daybreak = await world.open(undefined, { clock })
  const site = await createServiceSite({
    project: { ...project, notify: ACCESS },
    auth: { kind: 'oidc', issuer: ISSUER, keys, audience: 'daybreak' },
    open: async () => daybreak,
    work: (_, response) => void response.end(),
    root: ROOT,
    env: {},
    stopping: new AbortController().signal,
    traced: (_, work) => work(),
    version: 'test',
  })
  const { handler, upgrades } = site
  const server = await startServer({ handler, upgrades, host: '127.0.0.1', port, maxBodyBytes: 1_048_576 })
  return {
    port: server.port,
    async end() {
      await server.drain(0, () => undefined)
      await site.close()
      await daybreak.close()
    },
  }
}
