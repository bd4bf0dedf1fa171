import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { settled, type Visitor, visit } from '../support/browser/visitor.ts'

const RUN = 'window.owned=1'
const TAG = `<img src=x onerror="${RUN}">`
/** Right-to-left override: what follows it is drawn from right to left. */
const TURNED = '\u202e'
const LONG = 'A'.repeat(1_048_576)
/** Values of an accepted column, one per row. */
const SERVERS = [
  TAG,
  `</td></table><script>${RUN}</script>`,
  `"><svg onload=${RUN}>`,
  `javascript:${RUN}`,
  `=HYPERLINK("https://evil.test";"${RUN}")`,
  "=cmd|' /C calc'!A1",
  '+1+1',
  '@SUM(1+1)',
  '{{constructor.constructor("window.owned=1")()}}',
  LONG,
]

const ACCEPTED = ['185002/20261029/OrderDetails.csv', '185003/20261029/OrderDetails.csv'] as const
const SET_ASIDE = '185001/20261028/OrderDetails.csv'
const REFUSED = '185002/20261028/PaymentDetails.csv'
/** Names like that of the file that has not come. None of them is read. */
const BESIDE = [`Cash${TURNED}Entries.csv`, 'CashEntries.csv\n', 'Cash\u200bEntries.csv', `CashEntries.csv\u0007`]

const HALF = SERVERS.length / 2

const SCREENS = [
  '/',
  '/?days=31',
  '/locations/185001',
  '/days/toast/2026-10-29',
  '/slices/toast/2026-10-28/185001/order_details',
  '/slices/toast/2026-10-29/185002/order_details',
  '/slices/toast/2026-10-28/185002/payment_details',
  '/slices/toast/2026-10-29/185003/cash_entries',
  '/runs',
  '/runs/last',
  '/backfills/new?from=2026-10-28&to=2026-10-29',
  '/rejects',
  '/rejects?by=column',
  '/incidents',
  '/quality',
  '/data/order_details',
  `/data?q=${encodeURIComponent(TAG)}`,
  '/lineage?node=models.daily_sales',
  '/models/daily_location',
  '/costs',
  '/on-call',
  '/audit',
  `/${encodeURIComponent(TAG)}`,
]

const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`

/** A file whose rows carry values in one column, one per row; those with a cell in quotes stay as they are. */
function withValues(text: string, column: string, values: readonly string[]): string {
  const [head = '', ...lines] = text.split(/\r?\n/)
  const at = head.split(',').indexOf(column)
  const left = [...values]
  const changed = lines.map((line) => {
    if (line === '' || line.includes('"') || left.length === 0) return line
    return line
      .split(',')
      .with(at, quoted(left.shift() ?? ''))
      .join(',')
  })
  return [head, ...changed].join('\n')
}

/** One file carries the values in rows that are accepted, one in rows that are set aside, and one in its header. */
function hostile(path: string, text: string): string {
  const part = (ACCEPTED as readonly string[]).indexOf(path)
  if (part !== -1) return withValues(text, 'Server', SERVERS.slice(part * HALF, (part + 1) * HALF))
  if (path === SET_ASIDE) return withValues(text, 'Opened', [`${TAG}${TURNED}`, LONG])
  return path === REFUSED ? text.replace('Amnt', TAG.replaceAll('"', "'")) : text
}

describe.skipIf(CHROMIUM === undefined)(`hostile names and values on every screen${WITHOUT}`, () => {
  let world: ServedWorld
  let browser: Browser
  let person: Visitor
  const dialogs: string[] = []

  beforeAll(async () => {
    const names = [`East ${TAG}`, `West ${TURNED}moc.live`, `${'W'.repeat(190)} <b>x</b>`]
    const others = [...BESIDE, TAG.replaceAll('/', ''), '🥟.csv'].map((name) => `185003/20261029/${name}`)
    world = await serveWorld({ isWorking: false, names, plant: hostile, others })
    browser = await openBrowser()
    person = await visit(browser, world, { acceptDownloads: true })
    person.page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  it.each(SCREENS)('%s shows them as text, runs none, and keeps its form', async (path) => {
    const { page, go } = person
    await go(path)
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 900 })
      expect(await page.evaluate(MADE), `${path} at ${width}`).toEqual({
        owned: false,
        made: 0,
        tooWide: [],
        hidden: 0,
      })
    }
  })

  it('shows the values of a row where a person asks for them', async () => {
    const { page, go } = person
    await page.setViewportSize({ width: 1280, height: 900 })
    await go('/data/order_details')
    await page
      .getByRole('textbox', { name: /One SELECT/ })
      .fill('select server from toast.order_details where length(server) > 1 order by length(server) desc')
    await page.getByRole('button', { name: 'Ask' }).click()
    const answer = page.getByLabel('Answer', { exact: true })
    await answer.or(page.locator('main [role=alert]')).first().waitFor()
    expect(await page.locator('main [role=alert]').allTextContents()).toEqual([])
    const text = (await answer.textContent()) ?? ''
    expect(text).toContain(TAG)
    expect(text).toContain('(1,048,576 characters)')
    expect(await page.evaluate(MADE)).toEqual({ owned: false, made: 0, tooWide: [], hidden: 0 })
  })

  it('shows a character that turns others around by its number', async () => {
    await person.go('/locations/185002')
    expect(await person.page.locator('main h1').first().textContent()).toContain('West \\u{202e}moc.live')
  })

  it('shows names that lie in the place of a file, with what cannot be seen in them', async () => {
    await person.go('/slices/toast/2026-10-29/185003/cash_entries')
    const text = await person.page.locator('main').textContent()
    expect(text).toMatch(/the folder has .*which are not the file "CashEntries.csv" and are not read/)
    expect(text).toMatch(/Cash\\u\{20(2e|0b)\}Entries\.csv/)
    expect(await person.page.evaluate(MADE)).toMatchObject({ owned: false, made: 0, hidden: 0 })
  })

  it('shows why a row was set aside, with its value', async () => {
    const { page, go } = person
    await go('/slices/toast/2026-10-28/185001/order_details')
    await settled(page)
    await page.getByText(TAG, { exact: false }).first().waitFor()
    expect(await page.locator('body').textContent()).toContain('\\u{202e}')
  })

  it('gives a spreadsheet no formula in a download', async () => {
    const ask = `fetch('/api/tables/order_details/rows?from=2026-10-29&to=2026-10-29&format=csv')
      .then(async (answer) => [answer.headers.get('content-disposition'), answer.headers.get('content-type'), await answer.text()])`
    const [disposition, type, text] = (await person.page.evaluate(ask)) as string[]
    expect([disposition, type]).toEqual([
      expect.stringMatching(/^attachment; filename="order_details_/),
      expect.stringMatching(/^text\/csv/),
    ])
    for (const value of SERVERS.filter((each) => /^[=+@]/.test(each)))
      expect(text).toContain(`'${value.replaceAll('"', '""')}`)
    expect(text).not.toMatch(/(^|,|")[=+@]/m)
  })

  it('has shown no dialog, and broken no policy', () => {
    expect(dialogs).toEqual([])
    expect(person.complaints).toEqual([])
  })
})

/** Runs in the page: signs that a value became part of it, pixels by which it is too wide, characters that hide. */
const MADE = `({
  owned: 'owned' in window,
  made: document.querySelectorAll('[onerror], [onload], main img, main script, main b, a[href^="javascript:" i]').length,
  tooWide: document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('main *, header *')]
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1).slice(0, 12)
    .map((each) => each.tagName + '.' + each.className + ': ' + each.textContent.slice(0, 40)),
  hidden: (document.body.innerText.match(/[\\u202a-\\u202e\\u2066-\\u2069\\u0007]/g) ?? []).length,
})`
