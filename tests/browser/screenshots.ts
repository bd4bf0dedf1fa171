import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openBrowser } from '../support/browser/chromium.ts'
import { serveWorld } from '../support/browser/served-world.ts'
import { settled, visit } from '../support/browser/visitor.ts'
import { ROOT } from '../support/world.ts'

/** Folder of the files in the pictures, in place of the temporary one of this machine. */
const SOURCE = '/srv/toast'
const FOLDER = join(ROOT, 'docs/guide/pictures')

/** Pictures of the guide: name and address. */
const PICTURES = [
  ['today', '/'],
  ['day', '/days/toast/2026-10-29'],
  ['slice', '/slices/toast/2026-10-29/185001/order_details'],
  ['run', '/runs/last'],
  ['incident', '/incidents'],
  ['quality', '/quality'],
  ['model', '/models/daily_location'],
  [
    'lineage',
    '/lineage?node=models.daily_sales&column=net_sales&key=business_date%3D2026-10-29&key=location_id%3D185001&key=daypart%3DDinner',
  ],
] as const

/** Draws the pictures of docs/guide from nights that are the same each time, at an instant that stands still. */
async function main(): Promise<void> {
  const world = await serveWorld({ nights: 7, isWorking: false })
  const browser = await openBrowser()
  try {
    await mkdir(FOLDER, { recursive: true })
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, go } = await visit(browser, world, {
        colorScheme,
        timezoneId: 'America/New_York',
        viewport: { width: 1200, height: 780 },
      })
      await page.route('**/api/**', async (route) => {
        const response = await route.fetch()
        await route.fulfill({ response, body: (await response.text()).replaceAll(world.world.source, SOURCE) })
      })
      await page.clock.setFixedTime(world.world.clock.now())
      for (const [name, path] of PICTURES) {
        await go(path)
        if (name === 'incident') await page.locator('main tbody a').first().click()
        await settled(page)
        await page
          .getByRole('status')
          .filter({ hasText: /^live$/ })
          .waitFor()
        await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`) })
        process.stdout.write(`docs/guide/pictures/${name}-${colorScheme}.png\n`)
      }
    }
  } finally {
    await browser.close()
    await world.close()
  }
}

await main()
