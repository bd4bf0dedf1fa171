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

  async function gridOf(shards: number, { windows = 14, width = 1440, height = 900 } = {}): Promise<Page> {
    const { page, go } = await visit(browser, world, { viewport: { width, height } })
    await enlargeStatus(page, { shards, windows })
    await go('/')
    await page.getByRole('grid').locator('svg path').first().waitFor()
    return page
  }
  const close = (...pages: readonly Page[]) => Promise.all(pages.map((page) => page.context().close()))

  it('draws the rows that are seen, as many for 1,000 locations as for 100', async () => {
    const small = await gridOf(100)
    const large = await gridOf(1_000)
    const rows = Number(await small.evaluate(ROWS))
    expect(rows).toBeGreaterThan(10)
    expect(await large.evaluate(ROWS)).toBe(rows)
    expect(await large.getByRole('grid').getAttribute('aria-rowcount')).toBe('1001')
    await large.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
    await large.getByRole('rowheader', { name: 'Location 999', exact: true }).waitFor()
    expect(Number(await large.evaluate(ROWS))).toBeLessThanOrEqual(rows + 8)
    await close(small, large)
  })

  it.each([
    ['a laptop', { windows: 14, width: 1440, height: 900 }],
    ['a laptop, a month', { windows: 31, width: 1440, height: 900 }],
    ['the largest screen, a month', { windows: 31, width: 3840, height: 2160 }],
  ])('has at most 600 elements on %s, also while it scrolls under the pointer', async (_, size) => {
    const page = await gridOf(1_000, size)
    await page.mouse.move(size.width / 2, size.height / 2)
    for (let turn = 0; turn < 3; turn++) {
      expect(Number(await page.evaluate(COUNT))).toBeLessThanOrEqual(600)
      await page.mouse.wheel(0, 25 * 30)
      await page.evaluate(TWO_FRAMES)
    }
    expect(await page.evaluate(MARKED)).toBeGreaterThan(size.windows * 10)
    await close(page)
  })

  it('touches as many elements for a turn of the wheel as rows come and go, and no cell of the others', async () => {
    const page = await gridOf(1_000)
    await page.evaluate(WATCH)
    for (let turn = 0; turn < 10; turn++) {
      await page.mouse.wheel(0, 5 * 30)
      await page.evaluate(TWO_FRAMES)
    }
    // Five rows of at most seven elements, and the drawing.
    expect(Number(await page.evaluate('window.addedElements'))).toBeLessThanOrEqual(10 * (5 * 7 + 20) + 100)
    await close(page)
  })

  it('opens a cell that a finger touches, in a row that no pointer was at before', async () => {
    const page = await gridOf(1_000)
    const cells = page.locator('[role=row][data-row="3"] [data-cells]')
    const box = await cells.boundingBox()
    // The middle of the second of 14 days.
    const closes = 128
    const x = closes + (((box?.width ?? 0) - closes) * 1.5) / 14
    await cells.dispatchEvent('click', { clientX: (box?.x ?? 0) + x, clientY: (box?.y ?? 0) + 10 })
    await page.waitForURL(/\/(slices|days)\/toast\/2026-10-02/)
    await close(page)
  })

  it('says each row in words, and each cell of the row that the keyboard is at', async () => {
    const page = await gridOf(1_000)
    const words = await page.locator('[role=row][data-row="5"] [data-cells]').getAttribute('aria-label')
    expect(words).toMatch(/^closes 04:00 New York, 14 business dates: (\d+ (complete|incomplete)(, )?)+$/)
    await page.locator('[role=gridcell] a[tabindex="0"]').focus()
    for (let row = 0; row < 5; row++) await page.keyboard.press('ArrowDown')
    await page.locator('[role=row][data-row="5"] a:focus').waitFor()
    expect(await page.locator('[role=row][data-row="5"] [role=gridcell] a').count()).toBe(14)
    await close(page)
  })
})

const TWO_FRAMES = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))'
/** Runs in the page: boxes that the drawing has. */
const MARKED = `[...document.querySelectorAll('[role=grid] path[data-mark]')]
  .reduce((sum, path) => sum + path.getAttribute('d').split('M').length - 1, 0)`
/** Runs in the page: counts elements that are added to the grid from now on. */
const WATCH = `window.addedElements = 0
new MutationObserver((changes) => {
  for (const { addedNodes } of changes)
    for (const node of addedNodes)
      if (node instanceof Element) window.addedElements += 1 + node.querySelectorAll('*').length
}).observe(document.querySelector('[role=grid]'), { childList: true, subtree: true })`
