import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { ServedWorld } from './served-world.ts'

/** A person at a browser, and everything that their pages complained about. */
export interface Visitor {
  readonly page: Page
  /** Errors of the console, exceptions, and violations of the content security policy. */
  readonly complaints: readonly string[]
  go(path: string): Promise<void>
  close(): Promise<void>
}

/** Signs a person in by a link of the server. */
export async function visit(
  browser: Browser,
  { served, origin }: Pick<ServedWorld, 'served' | 'origin'>,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', locale: 'en-GB', ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${new URL(page.url()).pathname}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`${new URL(page.url()).pathname}: ${error.message}`))
  await page.goto(served.link())
  // The first page of a browser that just began, on a busy machine.
  await page.locator('main h1').waitFor({ timeout: 90_000 })
  return {
    page,
    complaints,
    async go(path) {
      await page.goto(`${origin}${path}`)
      await page.locator('main h1').waitFor()
      await settled(page)
    },
    close: () => context.close(),
  }
}

/** Waits until every part of the page has its answer. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main [role=status]', { hasText: '…' }).first().waitFor({ state: 'detached' })
}
