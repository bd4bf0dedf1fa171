import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { type Visitor, visit } from '../support/browser/visitor.ts'

/** Nights around a change of the clocks in New York, and the zone of the first look after each. */
const CHANGES = [
  ['go back', '2026-10-31', { '2026-10-30': '04:30 EDT', '2026-10-31': '04:30 EST' }, '08:30 UTC', '09:30 UTC'],
  ['go forward', '2026-03-07', { '2026-03-06': '04:30 EST', '2026-03-07': '04:30 EDT' }, '09:30 UTC', '08:30 UTC'],
] as const

describe.skipIf(CHROMIUM === undefined).each(CHANGES)(
  `a night on which the clocks %s${WITHOUT}`,
  (_, last, looks, ...utc) => {
    let world: ServedWorld
    let browser: Browser
    let ana: Visitor

    beforeAll(async () => {
      world = await serveWorld({ last, isWorking: false })
      browser = await openBrowser()
      ana = await visit(browser, world)
    })
    afterAll(async () => {
      await browser?.close()
      await world?.close()
    })

    it('is looked at by the clock of the place, and each time has its zone', async () => {
      for (const [at, [window, local]] of Object.entries(looks).entries()) {
        await ana.go(`/slices/toast/${window}/185001/order_details`)
        const first = ana.page.getByRole('list', { name: 'Life of the file' }).locator('time').first()
        expect(await first.textContent()).toContain(local)
        expect(await first.getAttribute('title')).toContain(utc[at])
        await ana.page.getByLabel('Clock').selectOption('utc')
        await ana.page
          .getByText(utc[at] ?? '')
          .first()
          .waitFor()
      }
    })

    it('leaves business dates where they are', async () => {
      await ana.go('/')
      const days = Object.keys(looks).map((window) => String(Number(window.slice(8))))
      const heads = await ana.page.getByRole('columnheader').allTextContents()
      for (const day of days) expect(heads.join(' ')).toMatch(new RegExp(`\\b${day}\\b`))
      expect(await ana.page.locator('main h1').textContent()).toContain('complete for Sat')
    })
  },
)
