import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { type Visitor, visit } from '../support/browser/visitor.ts'
import { ROOT } from '../support/world.ts'

describe.skipIf(CHROMIUM === undefined)(`the page while one edits it, served by Vite${WITHOUT}`, () => {
  let world: ServedWorld
  let browser: Browser
  let vite: ViteDevServer
  let origin = ''
  let dana: Visitor

  beforeAll(async () => {
    world = await serveWorld()
    browser = await openBrowser()
    process.env['DAYBREAK_API'] = world.origin
    const root = join(ROOT, 'dashboard')
    vite = await createServer({
      root,
      configFile: join(root, 'vite.config.ts'),
      server: { port: 0 },
      logLevel: 'error',
    })
    await vite.listen()
    origin = (vite.resolvedUrls?.local[0] ?? '').replace(/\/$/, '')
    // The cookie of the session is sent to every port of the address.
    dana = await visit(browser, world)
  })
  afterAll(async () => {
    delete process.env['DAYBREAK_API']
    await vite?.close()
    await browser?.close()
    await world?.close()
  })

  it('reads, writes and follows changes through the guard of the server', async () => {
    await dana.page.goto(`${origin}/backfills/new?from=2026-10-28&to=2026-10-29`)
    await dana.page.getByText('Wed 28 Oct to Thu 29 Oct').first().waitFor()
    await dana.page
      .getByRole('status')
      .filter({ hasText: /^live$/ })
      .waitFor()
    expect(new URL(dana.page.url()).origin).toBe(origin)
  })

  it('opens no way around the guard: a page of another origin and another name are refused', async () => {
    const ask = async (headers: Readonly<Record<string, string>>) =>
      (await fetch(`${origin}/api/me`, { headers })).status
    expect(await ask({})).toBe(401)
    expect(await ask({ origin: 'http://evil.test' })).toBe(403)
    expect(await ask({ origin: world.origin.replace('127.0.0.1', 'evil.test') })).toBe(403)
    expect(await ask({ 'sec-fetch-site': 'cross-site' })).toBe(403)
  })
})
