import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { enlargeStatus } from '../support/browser/large-status.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { visit } from '../support/browser/visitor.ts'

const COUNT = `document.querySelectorAll('[role=grid] *').length`
const ROWS = `document.querySelectorAll('[role=grid] [data-row]').length`

describe.skipIf(CHROMIUM === undefined)(`the matrix of 100,000 slices${WITHOUT}`, () => {
  let world: ServedWorld
  let browser: Browser
  beforeAll(async () => {
    world = await serveWorld({ isWorking: false })
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  async function gridOf(shards: number): Promise<Page> {
    const { page, go } = await visit(browser, world, { viewport: { width: 1440, height: 900 } })
    await enlargeStatus(page, { shards, windows: 14 })
    await go('/')
    await page.getByRole('grid').waitFor()
    return page
  }

  it('draws the rows that are seen, as many for 1,000 locations as for 100', async () => {
    const small = await gridOf(100)
    const large = await gridOf(1_000)
    const rows = Number(await small.evaluate(ROWS))
    expect(rows).toBeGreaterThan(10)
    expect(await large.evaluate(ROWS)).toBe(rows)
    expect(await large.getByRole('grid').getAttribute('aria-rowcount')).toBe('1001')
    const nodes = Number(await large.evaluate(COUNT))
    expect(nodes / rows).toBeLessThan(120)
    await large.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
    await large.getByRole('rowheader', { name: 'Location 999', exact: true }).waitFor()
    expect(Number(await large.evaluate(ROWS))).toBeLessThanOrEqual(rows + 12)
    await Promise.all([small, large].map((page) => page.context().close()))
  })
})
