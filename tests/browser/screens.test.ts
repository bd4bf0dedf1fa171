import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { type Visitor, visit } from '../support/browser/visitor.ts'

const SCREENS = [
  '/',
  '/?days=31',
  '/locations/185001',
  '/locations/none',
  '/days/toast/2026-10-29',
  '/slices/toast/2026-10-29/185001/order_details',
  '/slices/toast/2026-10-29/185003/cash_entries',
  '/runs',
  '/runs/last',
  '/backfills',
  '/backfills/new?from=2026-10-28&to=2026-10-29',
  '/rejects',
  '/incidents',
  '/quality',
  '/data',
  '/data?q=net+sales',
  '/data/order_details',
  '/models',
  '/models/daily_location',
  '/models/changes',
  '/lineage',
  '/lineage?node=models.daily_sales',
  '/lineage?node=models.daily_sales&column=net_sales&key=business_date%3D2026-10-29&key=location_id%3D185001',
  '/connections',
  '/costs',
  '/settings/rules',
  '/settings/constructor',
  '/on-call',
  '/audit',
  '/no/such/page',
]
const WIDTHS = [320, 768, 1280, 3840]

describe.skipIf(CHROMIUM === undefined)(`every screen${WITHOUT}`, () => {
  let world: ServedWorld
  let browser: Browser
  let light: Visitor
  let dark: Visitor

  beforeAll(async () => {
    world = await serveWorld()
    browser = await openBrowser()
    light = await visit(browser, world, { colorScheme: 'light' })
    dark = await visit(browser, world, { colorScheme: 'dark' })
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  it.each(SCREENS)('%s can be read by all, in light and in dark', async (path) => {
    for (const { page, go } of [light, dark]) {
      await page.setViewportSize({ width: 1280, height: 900 })
      await go(path)
      expect(await violationsOf(page)).toEqual([])
    }
  })

  it.each(SCREENS)('%s fits every width: only tables scroll, never the page', async (path) => {
    await light.go(path)
    for (const width of WIDTHS) {
      await light.page.setViewportSize({ width, height: 900 })
      expect(await light.page.evaluate(TOO_WIDE), `${path} at ${width}`).toBe(0)
    }
  })

  it('has no complaint: no error in the console, no violation of the content security policy', () => {
    expect([...light.complaints, ...dark.complaints]).toEqual([])
  })
})

/** Runs in the page: pixels by which it is wider than the window. */
const TOO_WIDE = 'Math.max(0, document.documentElement.scrollWidth - innerWidth)'

async function violationsOf(page: Page): Promise<readonly string[]> {
  // Its own frame would break the policy that the page has.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}
