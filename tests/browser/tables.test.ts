import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { builtDashboard } from '../../cli/dashboard/build.ts'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { type Served, serveLaptop } from '../../functions/compose/serve.ts'
import { loadProject } from '../../functions/config/project.ts'
import { PROGRAM, UNLIMITED } from '../support/api-world.ts'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { type Visitor, visit } from '../support/browser/visitor.ts'
import { daybreak } from '../support/cli.ts'
import { writeSqlite } from '../support/table-api.ts'
import { createTableProject, type TableProject } from '../support/table-project.ts'
import { silent } from '../support/world.ts'

const SHOP = `
create table customers (id integer primary key, name text not null, credit decimal(10,2));
create table orders (id integer primary key, amount decimal(10,2));
insert into customers values (1, 'Ana', 10.5), (2, 'Ben', 0), (3, 'Cy', 'abc');
insert into orders values (1, 3.25), (2, 4.5)`
const ORDERS = '  orders: { from: orders, mode: incremental, cursor: { column: id } }'

describe.skipIf(CHROMIUM === undefined)(`pages of pipelines of tables${WITHOUT}`, () => {
  let project: TableProject
  let served: Served
  let browser: Browser
  let visitor: Visitor
  let origin: string

  beforeAll(async () => {
    project = await createTableProject({
      shop: '{ kind: sqlite, path: shop.sqlite }',
      lake: '{ kind: duckdb, path: lake.duckdb }',
    })
    const shop = join(project.folder, 'shop.sqlite')
    writeSqlite(shop, SHOP)
    const sides = ['source: shop', 'destination: lake']
    await project.pipeline('to_lake', [
      ...sides,
      'reject_budget: 1',
      'streams:',
      '  customers: { from: customers }',
      ORDERS,
    ])
    await project.pipeline('zz_strict', [...sides, 'streams:', '  customers: { from: customers }'])
    const here = { cwd: project.folder, env: project.env, clock: systemClock }
    const run = (name: string) => daybreak(['run', name, '--quiet'], here)
    expect((await run('to_lake')).code).toBe(0)
    writeSqlite(shop, 'insert into orders values (3, 1.25)')
    expect((await run('to_lake')).code).toBe(0)
    await run('zz_strict')
    const loaded = await loadProject({ projectDir: project.folder, environment: 'local', env: project.env })
    served = await serveLaptop(loaded, {
      ...{ clock: systemClock, log: silent, env: project.env, port: 0, version: '0.1.0', program: PROGRAM },
      ...{ limits: UNLIMITED, isWorking: false },
      dashboard: await builtDashboard({ program: PROGRAM, stderr: process.stderr }),
    })
    origin = `http://127.0.0.1:${served.port}`
    browser = await openBrowser()
    visitor = await visit(browser, { served, origin })
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await served?.close()
    await project?.remove()
  })

  it('shows each table with its last window and rows, and leads to the slice', async () => {
    const { page, go } = visitor
    await go('/')
    expect(await page.locator('main h1').textContent()).toContain('2 of 2 tables are up to date')
    const orders = page.locator('main tr', { hasText: 'orders' })
    await orders.getByRole('link', { name: 'w000002', exact: true }).click()
    await page.locator('main h1', { hasText: 'Loaded: 1 row' }).waitFor()
    expect(await page.locator('ol[aria-label="Life of the rows"] li').count()).toBe(4)
    expect(page.url()).toContain('/slices/to_lake/w000002/all/orders')
  })

  it('is chosen in the head of the page, and stays chosen on the way', async () => {
    const { page, go } = visitor
    await go('/')
    await page.getByLabel('Pipeline').selectOption('zz_strict')
    await page.locator('main h1', { hasText: '0 of 1 table is up to date' }).waitFor()
    expect(await page.locator('main tr', { hasText: 'customers' }).first().textContent()).toContain('1 of 3 rows')
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Rejects' }).click()
    await page.locator('main h1', { hasText: '1 row was set aside' }).waitFor()
    expect(page.url()).toContain('pipeline=zz_strict')
    expect(await page.locator('main').textContent()).toContain('abc')
    expect(await page.getByRole('button', { name: 'Read again' }).count()).toBe(0)
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Runs' }).click()
    await page.locator('main tr', { hasText: 'zz_strict' }).first().waitFor()
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Incidents' }).click()
    await page.locator('main', { hasText: 'customers' }).waitFor()
  })

  it('tests a connection and compares both sides where one asks', async () => {
    const { page, go } = visitor
    await go('/connections')
    expect(await page.locator('main h1').textContent()).toContain('2 connections, each in use by a pipeline')
    await page.getByRole('button', { name: 'Test shop' }).click()
    await page.locator('main tr', { hasText: 'shop answers' }).waitFor()
    await page.getByRole('button', { name: 'Compare to_lake' }).click()
    await page.locator('main p', { hasText: '1 of 2 tables is the same at both sides' }).waitFor()
    expect(await page.locator('main tr', { hasText: 'only at the source' }).textContent()).toContain('customers')
  })

  it.each(['light', 'dark'] as const)('has no fault of accessibility, %s', async (colorScheme) => {
    const own = await visit(browser, { served, origin }, { colorScheme })
    for (const path of [
      '/',
      '/?pipeline=zz_strict',
      '/slices/to_lake/w000002/all/orders',
      '/rejects',
      '/connections',
    ]) {
      await own.go(path)
      if (process.env['SHOTS'])
        await own.page.screenshot({
          path: join(process.env['SHOTS'], `${colorScheme}${path.replaceAll(/\W/g, '_')}.png`),
        })
      const { violations } = await new AxeBuilder({ page: own.page }).setLegacyMode().analyze()
      expect(violations.map(({ id, nodes }) => `${path} ${id} ${nodes[0]?.html}`)).toEqual([])
    }
    expect(own.complaints).toEqual([])
    await own.close()
  })

  it.each([320, 3840])('does not scroll to the side at %i pixels', async (width) => {
    const own = await visit(browser, { served, origin }, { viewport: { width, height: 800 } })
    for (const path of ['/', '/?pipeline=zz_strict', '/slices/to_lake/w000002/all/orders', '/connections']) {
      await own.go(path)
      if (process.env['SHOTS'])
        await own.page.screenshot({ path: join(process.env['SHOTS'], `${width}${path.replaceAll(/\W/g, '_')}.png`) })
      const wide = await own.page.evaluate('document.documentElement.scrollWidth > innerWidth')
      expect(wide, path).toBe(false)
    }
    await own.close()
  })
})
