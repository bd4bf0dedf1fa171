import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { type Visitor, visit } from '../support/browser/visitor.ts'

describe.skipIf(CHROMIUM === undefined)(`quality at the dashboard${WITHOUT}`, () => {
  let world: ServedWorld
  let browser: Browser
  let ana: Visitor

  beforeAll(async () => {
    world = await serveWorld({ isWorking: false })
    browser = await openBrowser()
    ana = await visit(browser, world, { viewport: { width: 1280, height: 900 } })
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })
  const columns = () => ana.page.getByRole('region', { name: 'Columns over time' })

  it('shows a column by day: rows without a value, different ones, least, greatest and sum', async () => {
    await ana.go('/quality?stream=order_details&column=amount')
    const day = columns().getByRole('row', { name: /^Thu 29 Oct/ })
    const [, rows, empty, , least, greatest, sum] = await day.getByRole('cell').allTextContents()
    expect(Number(rows)).toBeGreaterThan(3)
    expect(empty).toBe('0')
    expect(Number(greatest)).toBeGreaterThan(Number(least))
    expect(sum).toMatch(/^\d[\d,]*\.\d\d$/)
    expect(await columns().getByRole('row').count()).toBe(3)
  })

  it('keeps the column in the address, and shows no value of a private one', async () => {
    await ana.go('/quality?stream=order_details')
    await columns().getByRole('combobox', { name: 'Column' }).selectOption('tab_names')
    await ana.page.waitForURL(/column=tab_names/)
    await columns()
      .getByText(/Private: it is counted alone\./)
      .waitFor()
    const [, rows, , , least, greatest] = await columns()
      .getByRole('row', { name: /^Thu 29 Oct/ })
      .getByRole('cell')
      .allTextContents()
    expect(Number(rows)).toBeGreaterThan(3)
    expect([least, greatest]).toEqual(['', ''])
  })
})
