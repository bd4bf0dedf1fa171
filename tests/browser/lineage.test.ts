import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { settled, type Visitor, visit } from '../support/browser/visitor.ts'

describe.skipIf(CHROMIUM === undefined)(`lineage at the dashboard${WITHOUT}`, () => {
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
  const graph = () => ana.page.getByRole('group', { name: /^Graph/ })

  it('leads from all tables to one, to one of its columns, and back by the trail', async () => {
    await ana.go('/lineage')
    await graph()
      .getByRole('link', { name: /^daily_sales model/ })
      .click()
    await ana.page.waitForURL(/\?node=models\.daily_sales$/)
    await ana.page.getByRole('heading', { level: 1, name: /^daily_sales: what it is made of/ }).waitFor()
    await graph().getByRole('link', { name: 'net_sales', exact: true }).click()
    await ana.page.waitForURL(/column=net_sales/)
    const path = ana.page.getByRole('region', { name: 'The path as a table' })
    await path.getByRole('row', { name: /OrderDetails\.csv · Amount order_details · amount/ }).waitFor()
    await graph().getByRole('link', { name: 'Amount', exact: true }).waitFor()
    await ana.page
      .getByRole('region', { name: /decide which rows/ })
      .getByText('in a join')
      .first()
      .waitFor()
    await ana.page.getByLabel('Trail').getByRole('link', { name: 'daily_sales' }).click()
    await ana.page.waitForURL(/\?node=models\.daily_sales$/)
  })

  it('shows a colleague the same by its address: one direction of one column', async () => {
    await ana.go('/lineage?node=models.daily_sales&column=net_sales&direction=upstream')
    expect(
      await graph()
        .getByRole('link', { name: /daily_location/ })
        .count(),
    ).toBe(0)
    await graph()
      .getByRole('link', { name: /^OrderDetails\.csv/ })
      .waitFor()
    await ana.page.getByRole('button', { name: 'Read by' }).click()
    await graph()
      .getByRole('link', { name: /daily_location model$/ })
      .waitFor()
    expect(new URL(ana.page.url()).searchParams.get('direction')).toBe('downstream')
  })

  it('finds a table by a part of its name', async () => {
    await ana.go('/lineage?node=toast.cash_entries')
    await ana.page.getByRole('combobox', { name: /^Find a table/ }).fill('labour')
    await ana.page.keyboard.press('Enter')
    await ana.page.waitForURL(/node=models\.labour_daily/)
  })

  it('is walked through by arrows from one tab stop, and Enter opens', async () => {
    await ana.go('/lineage')
    expect(await graph().locator('a[tabindex="0"]').count()).toBe(1)
    await graph().locator('a[tabindex="0"]').focus()
    const focused = () => ana.page.evaluate('document.activeElement.textContent')
    const first = await focused()
    await ana.page.keyboard.press('ArrowRight')
    await expect.poll(focused).not.toBe(first)
    await ana.page.keyboard.press('ArrowLeft')
    await ana.page.keyboard.press('ArrowDown')
    await ana.page.keyboard.press('ArrowRight')
    await ana.page.keyboard.press('Enter')
    await ana.page.waitForURL(/\?node=/)
  })

  it('shows what belongs to the table that the pointer is at, and dims the rest', async () => {
    await ana.go('/lineage')
    const dimmed = () =>
      ana.page.evaluate(
        `[...document.querySelectorAll('main li')].filter(({ style }) => style.opacity === '0.25').length`,
      )
    expect(await dimmed()).toBe(0)
    await graph()
      .getByRole('link', { name: /^daily_sales model/ })
      .hover()
    await expect.poll(dimmed).toBeGreaterThan(10)
    await ana.page.getByRole('heading', { level: 1 }).hover()
    await expect.poll(dimmed).toBe(0)
  })

  it('leads from a value to the lines of the files, and on to the file', async () => {
    await ana.go('/models/daily_sales')
    const row = ana.page
      .getByRole('region', { name: /^Rows of/ })
      .locator('tbody tr')
      .first()
    const link = row.locator('a[href*="column=net_sales"]')
    const value = await link.textContent()
    await link.click()
    const lines = ana.page.getByRole('region', { name: /^From this value to lines of files: .*Thu 29 Oct/ })
    await lines.getByText(/is made of \d+ lines of \d files?\./).waitFor()
    expect(Number((await lines.locator('strong').textContent())?.replaceAll(',', ''))).toBe(Number(value))
    const orders = lines.getByRole('row', { name: /OrderDetails\.csv/ })
    expect(await orders.textContent()).toMatch(/\d+ lines: \d+.*Amount/)
    await orders.getByRole('link').click()
    await ana.page.getByText('Where it came from').waitFor()
  })

  it('says what is wrong with an address, and keeps the rest of the page', async () => {
    await ana.page.goto(`${world.origin}/lineage?node=models.daily_sale`)
    await ana.page
      .getByRole('alert')
      .getByText(/models\.daily_sales/)
      .waitFor()
    await ana.go('/lineage?node=models.daily_sales&column=net_sales&key=location_id%3D185001')
    await settled(ana.page)
    await ana.page
      .getByRole('alert')
      .getByText(/business_date=YYYY-MM-DD/)
      .waitFor()
    await graph()
      .getByRole('link', { name: /^daily_sales/ })
      .waitFor()
  })
})
