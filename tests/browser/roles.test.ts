import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServiceWorld, serveService } from '../support/browser/service-world.ts'
import { settled } from '../support/browser/visitor.ts'

const ROLES = ['viewer', 'analyst', 'operator', 'admin'] as const
type Role = (typeof ROLES)[number]

const FILE = '/slices/toast/2026-10-29/185001/order_details'
const MISSING = '/slices/toast/2026-10-29/185003/cash_entries'

/** Actions of the screens, and the least role that has each. */
const ACTIONS: readonly (readonly [path: string, name: RegExp, least: Role])[] = [
  ['/', /^Look again for/, 'operator'],
  [MISSING, /^Read again/, 'operator'],
  [MISSING, /^Waive/, 'operator'],
  [FILE, /^Compare with/, 'analyst'],
  [FILE, /^Download/, 'admin'],
  ['/days/toast/2026-10-29', /^Sign/, 'analyst'],
  ['/days/toast/2026-10-29', /^Save as CSV/, 'viewer'],
  ['/backfills/new?from=2026-10-28&to=2026-10-29', /^Start/, 'operator'],
  ['/data/order_details', /^Ask$/, 'analyst'],
  ['/runs/last', /^Retry what failed/, 'operator'],
  ['/models/daily_sales', /^Build these dates/, 'operator'],
]

/** Pages that a role below this one is refused. */
const PAGES: readonly (readonly [path: string, word: string, least: Role])[] = [
  ['/rejects', 'Rejects', 'analyst'],
  ['/audit', 'Audit', 'admin'],
]

describe.skipIf(CHROMIUM === undefined)(`four roles at the dashboard${WITHOUT}`, () => {
  let world: ServiceWorld
  let browser: Browser
  const pages = new Map<string, Page>()

  beforeAll(async () => {
    world = await serveService()
    browser = await openBrowser()
    for (const name of [...ROLES, 'east']) pages.set(name, await world.visit(browser, `${name}@example.com`))
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  const open = async (who: string, path: string) => {
    const page = pages.get(who)
    if (!page) throw new TypeError(`there is no page of ${who}`)
    await page.goto(`${world.origin}${path}`)
    await page.locator('main h1, main [role=alert]').first().waitFor()
    await settled(page)
    return page
  }
  const isAtLeast = (role: Role, least: Role) => ROLES.indexOf(role) >= ROLES.indexOf(least)

  it.each(ACTIONS)('%s: %s is for the role %s and those above it', async (path, name, least) => {
    for (const role of ROLES) {
      const page = await open(role, path)
      const found = page.locator('main').getByRole(name.source.startsWith('^Download') ? 'link' : 'button', { name })
      if (isAtLeast(role, least)) await found.first().waitFor()
      expect((await found.count()) > 0, `${role} at ${path}`).toBe(isAtLeast(role, least))
    }
  })

  it('lines of files are for an analyst, and a viewer is told so', async () => {
    const path = '/lineage?node=models.daily_sales&column=net_sales&key=business_date%3D2026-10-29'
    for (const role of ROLES) {
      const page = await open(role, path)
      const lines = page.getByRole('region', { name: /^From this value to lines of files/ })
      if (isAtLeast(role, 'analyst')) await lines.getByText(/is made of \d+ lines/).waitFor()
      else await lines.getByText(/^An analyst may ask/).waitFor()
    }
  })

  it.each(PAGES)(
    'a link to %s tells a lower role who may see it, and the rail leaves %s out',
    async (path, word, least) => {
      for (const role of ROLES) {
        const page = await open(role, path)
        const isAllowed = isAtLeast(role, least)
        expect(await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: word }).count()).toBe(
          isAllowed ? 1 : 0,
        )
        expect(await page.getByRole('alert').count(), role).toBe(isAllowed ? 0 : 1)
        if (!isAllowed) expect(await page.getByRole('alert').textContent()).toMatch(/FORBIDDEN/)
      }
    },
  )

  it('an operator does what the button says, and the audit names the person', async () => {
    const page = await open('operator', MISSING)
    await page.getByRole('button', { name: /^Waive/ }).click()
    await page.getByRole('dialog').getByRole('textbox').fill('The drawer was not opened')
    await page.keyboard.press('Enter')
    await page.locator('main h1', { hasText: 'waived' }).waitFor()
    const audit = await open('admin', '/audit')
    await audit
      .getByRole('row', { name: /operator@example\.com.*slice\.waive/ })
      .first()
      .waitFor()
  })

  it('an analyst signs a day, an operator opens it again, and the signature is gone', async () => {
    const day = '/days/toast/2026-10-28'
    const signed = /Signed by analyst@example\.com: Agrees with the bank/
    const signing = await open('analyst', day)
    await signing.getByRole('button', { name: /^Sign/ }).click()
    await signing.getByRole('dialog').getByRole('textbox').fill('Agrees with the bank')
    await signing.keyboard.press('Enter')
    await signing.getByText(signed).waitFor()
    expect(await signing.getByRole('button', { name: /^Reopen/ }).count()).toBe(0)
    const opening = await open('operator', day)
    await opening.getByText(signed).waitFor()
    await opening.getByRole('button', { name: /^Reopen/ }).click()
    const question = opening.getByRole('dialog', { name: /^Reopen: / })
    expect(await question.textContent()).toContain('takes all signatures away')
    await question.getByRole('textbox').fill('The bank sent another sum')
    await opening.keyboard.press('Enter')
    await opening.getByText(signed).waitFor({ state: 'detached' })
    expect(await opening.getByRole('button', { name: /^Reopen/ }).count()).toBe(0)
    const audit = await open('admin', '/audit')
    await audit
      .getByRole('row', { name: /operator@example\.com.*day\.reopen/ })
      .first()
      .waitFor()
  })

  it('the actions of an incident stay on a narrow screen', async () => {
    const page = await open('operator', '/incidents')
    await page.locator('main tbody a').first().click()
    await page.getByRole('button', { name: /^Resolve/ }).waitFor()
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    await page.setViewportSize({ width: 1280, height: 720 })
  })

  it('a person of one location sees no other, by no link', async () => {
    const page = await open('east', '/')
    expect(await page.locator('main').textContent()).toContain('Harbor Street')
    expect(await page.locator('body').textContent()).not.toMatch(/Alder|Second Verse/)
    const refused = await open('east', MISSING)
    expect(await refused.getByRole('alert').textContent()).toMatch(/NOT_FOUND/)
    expect(await refused.locator('body').textContent()).not.toMatch(/Alder/)
  })

  it('a person without access is told who to ask', async () => {
    const page = await world.visit(browser, 'eve@example.com')
    await page.goto(world.origin)
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').textContent()).toContain('eve@example.com has no access')
  })
})
