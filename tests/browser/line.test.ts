import type { Browser, Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServiceWorld, serveService } from '../support/browser/service-world.ts'

const COMPLETE = '3 of 3 locations are complete for Thu 29 Oct'

describe.skipIf(CHROMIUM === undefined)(`a page whose line is cut${WITHOUT}`, () => {
  let world: ServiceWorld
  let browser: Browser
  let page: Page

  beforeEach(async () => {
    world = await serveService()
    browser = await openBrowser()
    page = await world.visit(browser, 'viewer@example.com')
  })
  afterEach(async () => {
    await browser?.close()
    await world?.close()
  })

  /** Opens Today, and leaves a mark that a reload would take away. */
  async function openToday() {
    await page.goto(world.origin)
    await page.locator('main h1', { hasText: '2 of 3 locations are complete' }).waitFor()
    await says(/^live$/)
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }))
  }
  const says = (text: RegExp) => page.getByRole('status').filter({ hasText: text }).waitFor({ timeout: 90_000 })
  /** The missing file comes, while the page may know nothing of it. */
  async function bring() {
    await world.nights.deliver()
    await world.nights.world.run({ scope: { windows: ['2026-10-29'] } })
  }
  async function expectComplete() {
    await page.locator('main h1', { hasText: COMPLETE }).waitFor({ timeout: 90_000 })
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true)
    await says(/^live$/)
  }

  it('is told of a change at once while all is well', async () => {
    await openToday()
    await bring()
    await expectComplete()
  })

  it('says so when the server is gone, and shows what changed once it is back', async () => {
    await openToday()
    await world.stop()
    await says(/reconnecting/)
    await bring()
    await world.start()
    await expectComplete()
  })

  it('catches up when the network was away', async () => {
    await openToday()
    await page.context().setOffline(true)
    await bring()
    await page.context().setOffline(false)
    await expectComplete()
  })

  it('asks where no socket opens, and misses nothing', async () => {
    let sockets = 0
    await page.routeWebSocket('**/api/live', (socket) => {
      sockets += 1
      void socket.close()
    })
    await openToday()
    expect(sockets).toBeGreaterThanOrEqual(3)
    await bring()
    await expectComplete()
  })
})
