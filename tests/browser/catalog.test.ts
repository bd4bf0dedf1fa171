import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { settled, type Visitor, visit } from '../support/browser/visitor.ts'

describe.skipIf(CHROMIUM === undefined)(`the catalog at the dashboard${WITHOUT}`, () => {
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
  const part = (name: string | RegExp) => ana.page.getByRole('region', { name })

  it('lists streams and models with their state, and the words of the business', async () => {
    await ana.go('/data')
    expect(await ana.page.locator('main h1').textContent()).toMatch(/of \d+ streams and \d+ of \d+ models are current/)
    const tables = part(/tables and pages$/)
    await tables.getByRole('row', { name: /^order_details stream .*current/ }).waitFor()
    await tables.getByRole('row', { name: /^daily_location model .*held/ }).waitFor()
    await part('Words of the business')
      .getByRole('row', { name: /^net sales/ })
      .waitFor()
  })

  it('finds tables, columns and words by one text, and keeps the search in the address', async () => {
    await ana.go('/data')
    await ana.page.getByRole('searchbox', { name: /^Search tables/ }).fill('net sales')
    await part(/\d+ columns$/)
      .getByRole('row', { name: /^net_sales daily_sales/ })
      .waitFor()
    await ana.page.getByRole('button', { name: 'Words' }).click()
    await ana.page.waitForURL(/q=net\+sales&kind=word|kind=word&q=net\+sales/)
    expect(await part(/columns$/).count()).toBe(0)
    await part('Words of the business').getByRole('link', { name: 'daily_sales.net_sales' }).click()
    await ana.page.waitForURL(/\/lineage\?node=models\.daily_sales&column=net_sales/)
    await ana.page.goBack()
    await part('Words of the business').waitFor()
    expect(await ana.page.getByRole('searchbox', { name: /^Search tables/ }).inputValue()).toBe('net sales')
    await ana.go('/data?q=zzyzx')
    await ana.page.getByText(/^Nothing matches/).waitFor()
  })

  it('says of a stream whom to ask, what each column means, where it is from and who may see it', async () => {
    await ana.go('/data/order_details')
    await part('About it').getByText('OrderDetails.csv').waitFor()
    await part('About it').getByRole('link', { name: 'order_facts' }).waitFor()
    const columns = part(/^\d+ columns$/)
    expect(await columns.getByRole('row', { name: /^order_id/ }).textContent()).toMatch(/key.*Order Id.*required/)
    expect(await columns.getByRole('row', { name: /^tab_names/ }).textContent()).toContain('hash')
    await part('Checks')
      .getByRole('row', { name: /^total_adds_up quarantine/ })
      .waitFor()
    await part('Newest rows').getByText('There are more rows. Masked: tab_names.').waitFor()
    await columns.getByRole('link', { name: 'amount', exact: true }).click()
    await ana.page.waitForURL(/node=toast\.order_details&column=amount/)
  })

  it('says what to do where nothing is known, and lives on where a part is refused', async () => {
    const { page } = ana
    const none = { version: 1, environment: 'local', at: '2026-10-30T17:00:00Z', entries: [], glossary: [] }
    await page.route('**/api/catalog', (route) => route.fulfill({ json: none }))
    await ana.go('/data')
    await page.getByText(/^No stream has a contract yet/).waitFor()
    await page.unroute('**/api/catalog')
    const problem = { code: 'LEDGER_BUSY', title: 'busy', status: 503, detail: 'The ledger is busy.', remedy: 'Wait.' }
    await page.route('**/api/catalog?*', (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', json: { ...problem, instance: 'r1' } }),
    )
    await page.goto(`${world.origin}/data/order_details`)
    await page.getByRole('alert').getByText('The ledger is busy.').waitFor()
    await part('Newest rows').waitFor()
    await page.unroute('**/api/catalog?*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await part('About it').waitFor()
    await settled(page)
  })
})
