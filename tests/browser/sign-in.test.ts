import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtDashboard } from '../../cli/dashboard/build.ts'
import { createServiceSite, type ServiceSite } from '../../functions/compose/site.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import { type RunningServer, startServer } from '../../functions/http/server.ts'
import { type IdentityServer, startIdentityServer } from '../emulators/identity/server.ts'
import { PROGRAM } from '../support/api-world.ts'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type Nights, openNights } from '../support/browser/served-world.ts'
import { settled } from '../support/browser/visitor.ts'
import { ROOT } from '../support/world.ts'

const ACCESS = NotifyConfig.parse({ version: 1, access: [{ who: 'user:ana@example.com', role: 'operator' }] })

describe.skipIf(CHROMIUM === undefined)(`signing in at a provider of another site${WITHOUT}`, () => {
  let nights: Nights
  let daybreak: Awaited<ReturnType<Nights['world']['open']>>
  let provider: IdentityServer
  let site: ServiceSite
  let server: RunningServer
  let browser: Browser
  let origin: string

  beforeAll(async () => {
    nights = await openNights()
    await builtDashboard({ program: PROGRAM, stderr: process.stderr })
    const { world, project, clock } = nights
    daybreak = await world.open(undefined, { clock })
    server = await startServer({
      handler: (request, response) => site.handler(request, response),
      upgrades: { take: (upgrade) => site.upgrades.take(upgrade), leave: () => site.upgrades.leave() },
      ...{ host: '127.0.0.1', port: 0, maxBodyBytes: 1_048_576 },
    })
    origin = `http://127.0.0.1:${server.port}`
    const redirectUrl = `${origin}/auth/callback`
    provider = await startIdentityServer({
      now: () => clock.now(),
      clients: [{ id: 'daybreak', redirectUrls: [redirectUrl] }],
    })
    await mkdir(project.secretsDir, { recursive: true })
    await writeFile(join(project.secretsDir, 'session-key'), 'a key of sessions, 32 bytes or more')
    site = await createServiceSite({
      project: { ...project, notify: ACCESS },
      auth: {
        ...{ kind: 'oidc', issuer: provider.issuer, keys: provider.jwksUrl, audience: 'daybreak' },
        signIn: {
          // Another name is another site, so cookies of the service are judged as those of a real provider's visitor.
          authorizationEndpoint: provider.authorizationEndpoint.replace('127.0.0.1', 'localhost'),
          ...{ tokenEndpoint: provider.tokenEndpoint, redirectUrl, sessionKey: 'secret://session-key' },
          scopes: ['openid', 'email'],
        },
      },
      ...{ open: async () => daybreak, root: ROOT, env: {}, version: 'test' },
      work: (_, response) => void response.end(),
      stopping: new AbortController().signal,
      traced: (_, work) => work(),
    })
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.drain(0, () => undefined)
    await site?.close()
    await daybreak?.close()
    await provider?.close()
    await nights?.close()
  })

  it('ends at the page that was asked for, with a session that scripts cannot read', async () => {
    provider.signIn({ sub: '1', email: 'ana@example.com' })
    const context = await browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    const broken: string[] = []
    page.on('console', (message) => message.text().includes('Content Security Policy') && broken.push(message.text()))
    await page.goto(`${origin}/backfills?state=open`)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.waitForURL(`${origin}/backfills?state=open`)
    await page.locator('main h1').first().waitFor()
    await settled(page)
    expect(await page.locator('main h1').first().textContent()).not.toContain('not signed in')
    expect(await page.evaluate('document.cookie')).toBe('')
    const me: unknown = await page.evaluate('fetch("/api/me").then((answer) => answer.json())')
    expect(me).toMatchObject({ name: 'ana@example.com', role: 'operator' })
    const kept = await context.cookies()
    expect(kept.map(({ name, sameSite, httpOnly }) => [name, sameSite, httpOnly])).toEqual([
      ['daybreak', 'Strict', true],
    ])
    // A link on another site leads in without asking again: the page loads, and its own requests carry the session.
    const linked = await context.newPage()
    await linked.goto(provider.authorizationEndpoint.replace('127.0.0.1', 'localhost'))
    await linked.evaluate(`location.href = ${JSON.stringify(`${origin}/runs`)}`)
    await linked.waitForURL(`${origin}/runs`)
    await linked.locator('main h1').first().waitFor()
    await settled(linked)
    expect(await linked.getByText('You are not signed in.').count()).toBe(0)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('You are not signed in.').waitFor()
    expect(await context.cookies()).toEqual([])
    expect(broken).toEqual([])
  })

  it('tells a person without access who to ask', async () => {
    provider.signIn({ sub: '2', email: 'ben@example.com' })
    const page = await (await browser.newContext({ locale: 'en-GB' })).newPage()
    await page.goto(`${origin}/`)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.getByText('ben@example.com has no access').waitFor()
  })
})
