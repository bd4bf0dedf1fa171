import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { settled, type Visitor, visit } from '../support/browser/visitor.ts'

describe.skipIf(CHROMIUM === undefined)(`a morning at the dashboard${WITHOUT}`, () => {
  let world: ServedWorld
  let browser: Browser
  let ana: Visitor

  beforeAll(async () => {
    world = await serveWorld()
    browser = await openBrowser()
    ana = await visit(browser, world, { viewport: { width: 1280, height: 900 } })
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  it('signs in by a link that works once, and leaves no token in the address', async () => {
    const link = world.served.link()
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(link)
    await page.locator('main h1').waitFor()
    expect(page.url()).toBe(`${world.origin}/`)
    await context.close()

    const other = await browser.newContext()
    const again = await (await other.newPage()).goto(link)
    expect(again?.status()).toBe(401)
    await other.close()
  })

  it('says in a sentence what is complete, by day and by name', async () => {
    await ana.go('/')
    const sentence = await ana.page.locator('main h1').textContent()
    expect(sentence).toContain('2 of 3 locations are complete for Thu 29 Oct')
    expect(sentence).toContain('Alder & Salt')
    expect(sentence).not.toMatch(/\d{4}-\d\d-\d\d/)
  })

  it('shows what a correction changed, row by row', async () => {
    await ana.go('/slices/toast/2026-10-29/185001/order_details')
    const difference = ana.page.locator('[data-part=difference]')
    await difference.getByText('v2 against the version before: 1 row more').waitFor()
    expect(await difference.locator('tbody tr').count()).toBe(1)
    expect(await difference.textContent()).toContain('added')
  })

  it('plans a backfill, and says what it would read', async () => {
    await ana.go('/backfills/new')
    await ana.page.getByLabel('From', { exact: true }).fill('2026-10-28')
    await ana.page.getByLabel('To', { exact: true }).fill('2026-10-29')
    await ana.page.getByRole('button', { name: 'Plan' }).click()
    await ana.page.getByText('Wed 28 Oct to Thu 29 Oct').first().waitFor()
    expect(new URL(ana.page.url()).search).toContain('from=2026-10-28')
    expect(await ana.page.getByRole('button', { name: 'Start' }).isVisible()).toBe(true)
  })

  it('comes with the question open by the link of a message, and changes nothing until it is answered', async () => {
    await ana.go('/incidents')
    const path = await ana.page.locator('main tbody a').first().getAttribute('href')
    await ana.go(`${path}?do=ack`)
    const question = ana.page.getByRole('dialog', { name: /^Acknowledge: / })
    await question.waitFor()
    await question.getByRole('button', { name: 'Cancel' }).click()
    await question.waitFor({ state: 'detached' })
    expect(new URL(ana.page.url()).search).not.toContain('do=')
    expect(await ana.page.locator('main h1').textContent()).toContain('open')
  })

  it('acknowledges an incident with a note, and the timeline says who', async () => {
    await ana.go('/incidents')
    await ana.page.locator('main tbody a').first().click()
    await ana.page.getByText('Cause and remedy').waitFor()
    await ana.page.keyboard.press('a')
    await ana.page.getByRole('dialog').getByRole('textbox').fill('Toast has a ticket')
    await ana.page.keyboard.press('Enter')
    await ana.page.locator('h1', { hasText: 'acknowledged' }).waitFor()
    await ana.page.getByRole('cell', { name: /Toast has a ticket/ }).waitFor()
  })

  it('shows a colleague the same view by its address', async () => {
    await ana.go('/?state=incomplete&q=alder&tz=utc')
    const ben = await visit(browser, world, { viewport: { width: 1280, height: 900 } })
    await ben.go(`/${new URL(ana.page.url()).search}`)
    // Both at once: what is due says in how many minutes.
    const views = () => Promise.all([ana, ben].map(({ page }) => page.locator('main').textContent()))
    await expect.poll(async () => new Set(await views()).size, { timeout: 15_000 }).toBe(1)
    expect(await views()).toEqual([expect.stringMatching(/alder/i), expect.stringMatching(/alder/i)])
    await ben.close()
  })

  it('shows an instant in the zone of the place, of the reader and of UTC, and never moves a business date', async () => {
    await ana.go('/slices/toast/2026-10-29/185003/order_details')
    const life = ana.page.getByRole('list', { name: 'Life of the file' })
    const zones = async (clock: string, zone: RegExp) => {
      await ana.page.getByLabel('Clock').selectOption(clock)
      await life.locator('time', { hasText: zone }).first().waitFor()
    }
    await zones('place', / PDT$/)
    await zones('mine', / GMT\+1$/)
    await zones('utc', / UTC$/)
    expect(await life.locator('time').first().getAttribute('title')).toMatch(/PDT.*GMT\+1.*UTC/)
    expect(await ana.page.getByLabel('Trail').textContent()).toContain('Thu 29 Oct')
  })

  it('is walked through by keyboard alone: the grid, a file, back, incidents, the list of keys', async () => {
    await ana.go('/runs')
    const { keyboard } = ana.page
    await keyboard.press('g')
    await keyboard.press('t')
    await ana.page.getByRole('grid').waitFor()
    await settled(ana.page)
    await ana.page.locator('[role=gridcell] a[tabindex="0"]').focus()
    const cell = ana.page.locator('[role=gridcell] a:focus')
    // At the edges of the grid an arrow stays where it is.
    for (const key of ['ArrowUp', 'ArrowUp', 'ArrowDown']) await keyboard.press(key)
    await keyboard.press('ArrowRight')
    await keyboard.press('ArrowLeft')
    // The focus follows in the next frame.
    await ana.page.locator('[role=gridcell] a:focus[aria-label*="Thu 29 Oct"]').waitFor()
    const label = (await cell.getAttribute('aria-label')) ?? ''
    expect(label).toMatch(/^Alder & Salt, Thu 29 Oct: incomplete: .*cash_entries missing/)
    await keyboard.press('Enter')
    await ana.page.getByText('Where it came from').waitFor()
    await keyboard.press('g')
    await keyboard.press('i')
    await ana.page.locator('main tbody a').first().waitFor()
    await keyboard.press('j')
    await keyboard.press('j')
    const second = await ana.page.locator('main tbody a').nth(1).getAttribute('href')
    await ana.page.locator(`a:focus[href="${second}"]`).waitFor()
    expect(await ana.page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
    await keyboard.press('Enter')
    await ana.page.getByText('Cause and remedy').waitFor()
    await keyboard.press('?')
    await ana.page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await keyboard.press('Escape')
    await keyboard.press('/')
    expect(await ana.page.locator(':focus').getAttribute('id')).toBe('search')
    await keyboard.type('2026-10-29')
    await keyboard.press('Enter')
    await ana.page.waitForURL(/from=2026-10-29/)
  })

  it('turns a missing file into a complete day, without a reload', async () => {
    await ana.go('/')
    await ana.page.evaluate(() => Object.assign(globalThis, { isSamePage: true }))
    await world.deliver()
    await ana.page.getByRole('button', { name: /^Look again for/ }).click()
    await ana.page.getByRole('dialog').getByRole('textbox').fill('Toast is back')
    await ana.page.keyboard.press('Enter')
    await ana.page.locator('main h1', { hasText: '3 of 3 locations are complete for Thu 29 Oct' }).waitFor()
    expect(await ana.page.evaluate(() => 'isSamePage' in globalThis)).toBe(true)
  })
})
