import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { type Visitor, visit } from '../support/browser/visitor.ts'

const SCREENS = ['/', '/slices/toast/2026-10-29/185001/order_details', '/quality', '/incidents', '/lineage']

describe.skipIf(CHROMIUM === undefined)(`what a reader prefers${WITHOUT}`, () => {
  let world: ServedWorld
  let browser: Browser
  const visitors: Visitor[] = []

  beforeAll(async () => {
    world = await serveWorld({ isWorking: false })
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })
  const come = async (options: Parameters<typeof visit>[2]) => {
    const visitor = await visit(browser, world, options)
    visitors.push(visitor)
    return visitor
  }

  it('in colours of their own, each mark has an edge, and what needs a person a glyph', async () => {
    const { page, go } = await come({ forcedColors: 'active' })
    await go('/')
    await page.locator('[role=grid] [data-mark]').first().waitFor({ state: 'attached' })
    const edges: readonly { mark: string; edge: string }[] = await page.evaluate(EDGES)
    expect(edges.map(({ mark }) => mark)).toEqual(expect.arrayContaining(['ok', 'missing', 'held']))
    expect(edges.filter(({ edge }) => edge === 'none')).toEqual([])
    const glyphs = await page.locator('[role=grid] svg text').allTextContents()
    expect(glyphs.join('')).toMatch(/!/)
    expect(glyphs.join('')).toMatch(/#/)
  })

  it('in colours of their own, the focus and the chosen one are seen', async () => {
    const { page, go } = await come({ forcedColors: 'active' })
    await go('/')
    expect(await page.evaluate(`getComputedStyle(document.querySelector('[aria-pressed=true]')).outlineStyle`)).toBe(
      'solid',
    )
    await page.keyboard.press('Tab')
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
  })

  it.each(SCREENS)('%s does not move for a reader who wants it still', async (path) => {
    const { page, go } = await come({ reducedMotion: 'reduce' })
    await go(path)
    expect(await page.evaluate(MOVING)).toEqual([])
    expect(await page.evaluate('document.getAnimations().length')).toBe(0)
    await page.context().close()
  })
})

/** Runs in the page: the looks of the marks of the matrix, and their strokes. */
const EDGES = `[...document.querySelectorAll('[role=grid] [data-mark]')].map((mark) => ({
  mark: mark.dataset.mark,
  edge: getComputedStyle(mark).stroke,
}))`
/** Runs in the page: elements that would move. */
const MOVING = `[...document.querySelectorAll('*')]
  .filter((one) => {
    const style = getComputedStyle(one)
    const lasts = (text) => text.split(',').some((each) => parseFloat(each) > 0)
    return (lasts(style.transitionDuration) && style.transitionProperty !== 'none') || lasts(style.animationDuration)
  })
  .map((one) => one.outerHTML.slice(0, 80))`
