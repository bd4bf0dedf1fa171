import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createModelProject } from '../../functions/pipeline/build/project.ts'
import { applyModels, removeEnvironment } from '../../functions/pipeline/work/apply-models.ts'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type ServedWorld, serveWorld } from '../support/browser/served-world.ts'
import { settled, type Visitor, visit } from '../support/browser/visitor.ts'
import { withOneOrder } from '../support/one-order.ts'

describe.skipIf(CHROMIUM === undefined)(`models at the dashboard${WITHOUT}`, () => {
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

  it('lists what is held first, with its reason, and says so in the sentence', async () => {
    await ana.go('/models')
    expect(await ana.page.locator('main h1').textContent()).toContain('Held back by a check: daily_location.')
    const first = ana.page.locator('main tbody tr').first()
    expect(await first.textContent()).toMatch(/daily_location.*held.*sums_of_daily_sales \(1 row\) failed/)
    await ana.page.getByRole('button', { name: /^Current/ }).click()
    await ana.page.getByRole('searchbox', { name: 'Filter models' }).fill('sales')
    await ana.page.waitForURL(/state=current&q=sales/)
    await ana.page.getByRole('link', { name: 'daily_sales', exact: true }).waitFor()
    expect(await ana.page.getByRole('link', { name: 'daily_location', exact: true }).count()).toBe(0)
    await ana.page.getByRole('searchbox', { name: 'Filter models' }).fill('no such model')
    await ana.page.getByText('No model matches.').waitFor()
  })

  it('is opened by keyboard: g m, j, Enter', async () => {
    await ana.go('/')
    await ana.page.keyboard.press('g')
    await ana.page.keyboard.press('m')
    await ana.page.getByRole('heading', { level: 1, name: /models? (is|are) current/ }).waitFor()
    await ana.page.keyboard.press('j')
    await ana.page.locator('a:focus', { hasText: 'daily_location' }).waitFor()
    await ana.page.keyboard.press('Enter')
    await ana.page.waitForURL(/\/models\/daily_location$/)
  })

  it('of a held one shows why, the date, the check with its query, and what each column is made of', async () => {
    await ana.go('/models/daily_location')
    expect(await ana.page.locator('main h1').textContent()).toContain('1 date is held')
    await ana.page.getByRole('region', { name: 'Why it is held, and what to do' }).getByText('MODEL_HELD').waitFor()
    const partitions = ana.page.getByRole('region', { name: /^Partitions/ })
    const held = partitions.getByRole('row', { name: /Wed 28 Oct/ })
    expect(await held.textContent()).toMatch(/held.*sums_of_daily_sales/)
    // The newest date lacks a location whose file is not there, and says which.
    const checks = ana.page.getByRole('region', { name: /^Checks/ })
    await checks
      .getByRole('row', { name: /sums_of_daily_sales/ })
      .getByText('SQL')
      .click()
    await checks
      .getByText(/models\.daily_sales/)
      .first()
      .waitFor()
    const column = ana.page.getByRole('region', { name: 'Columns' }).getByRole('row', { name: /^net_sales/ })
    expect(await column.textContent()).toContain('daily_sales.net_sales')
  })

  it('leads from a value of its rows to the lineage of that value', async () => {
    await ana.go('/models/daily_sales')
    const rows = ana.page.getByRole('region', { name: /^Rows of Thu 29 Oct/ })
    await rows.getByRole('link').first().click()
    await ana.page.waitForURL(/\/lineage\?node=models\.daily_sales&column=\w+&key=/)
    expect(new URL(ana.page.url()).searchParams.getAll('key')).toContain('business_date=2026-10-29')
  })

  it('queues a build of dates, and says so where it was asked', async () => {
    await ana.go('/models/daily_sales')
    await ana.page.getByRole('button', { name: 'Build these dates' }).click()
    await ana.page.getByText('Queued: 1 date.').waitFor()
    await ana.go('/audit')
    await ana.page.getByRole('cell', { name: 'model.build' }).waitFor()
  })

  it('are compared with the project', async () => {
    await ana.go('/models/changes')
    await ana.page.getByText('Readers see the models of the project.').waitFor()
  })

  it('are those of an environment that is chosen, which the address keeps from screen to screen', async () => {
    const { page } = ana
    await ana.go('/models')
    expect(await page.getByLabel('Environment of models').count()).toBe(0)
    const { worker } = world.served.daybreak
    const project = createModelProject(withOneOrder(worker.models?.compiled), {
      environment: 'local',
      views: 'models_dev_anna',
    })
    const anna = { ...worker, models: project }
    await applyModels(anna, { by: 'anna' })
    onTestFinished(async () => void (await removeEnvironment(anna, 'anna')))
    await ana.go('/models')
    await page.getByText('Sales of a business date').waitFor()
    await page.getByLabel('Environment of models').selectOption('models_dev_anna')
    await page.waitForURL(/\/models\?environment=models_dev_anna$/)
    await page.getByText('One order in each row.').waitFor()
    await page.getByRole('link', { name: 'daily_sales', exact: true }).click()
    await page.waitForURL(/\/models\/daily_sales\?environment=models_dev_anna$/)
    await page.getByText('One order in each row.').first().waitFor()
    await page.getByRole('link', { name: 'Lineage', exact: true }).last().click()
    await page.waitForURL(/\/lineage\?node=models\.daily_sales&environment=models_dev_anna$/)
    await page.getByLabel('Environment of models').selectOption('models')
    await page.waitForURL(/environment=models$/)
    await ana.go('/data?q=One+order&environment=models_dev_anna')
    await page.getByText('One order in each row.').waitFor()
    await page.goto(`${world.origin}/models?environment=models_gone`)
    await page
      .getByRole('alert')
      .getByText(/expected one of: models, models_dev_anna/)
      .waitFor()
    await page.getByLabel('Environment of models').selectOption('models')
    await page.getByRole('heading', { level: 1, name: /models? (is|are) current/ }).waitFor()
  })

  it('say what to do while there are none, and what went wrong, with a way to try again', async () => {
    const { page } = ana
    await page.route('**/api/models', (route) => route.fulfill({ json: { environments: [], models: [] } }))
    await ana.go('/models')
    await page.getByText('npx daybreak model compile').waitFor()
    await page.unroute('**/api/models')
    let isBroken = true
    const problem = { code: 'LEDGER_BUSY', title: 'busy', status: 503, detail: 'The ledger is busy.', remedy: 'Wait.' }
    await page.route('**/api/models/daily_sales', (route) =>
      isBroken
        ? route.fulfill({ status: 503, contentType: 'application/problem+json', json: { ...problem, instance: 'r1' } })
        : route.fallback(),
    )
    await page.goto(`${world.origin}/models/daily_sales`)
    await page.getByRole('alert').getByText('The ledger is busy.').waitFor()
    isBroken = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { level: 1, name: /^daily_sales is built up to/ }).waitFor()
    await settled(page)
    await page.unroute('**/api/models/daily_sales')
  })
})
