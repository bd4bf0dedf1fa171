import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Chromium of this machine, or the one that `DAYBREAK_CHROMIUM` names; undefined on a machine without it. */
export const CHROMIUM: string | undefined = [process.env['DAYBREAK_CHROMIUM'] ?? '', ...PLACES].find(
  (path) => path !== '' && existsSync(path),
)

/** Says why a suite is skipped on a machine without a browser. */
export const WITHOUT = CHROMIUM === undefined ? ' (skipped: Chromium not present)' : ''

/** A browser that sends no request of its own. Each context in it has a profile of its own. More flags are added to its own. */
export async function openBrowser(flags: readonly string[] = []): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('no Chromium here: set DAYBREAK_CHROMIUM')
  return await chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...flags,
    ],
  })
}
