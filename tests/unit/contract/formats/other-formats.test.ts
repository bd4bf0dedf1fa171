import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OPENMETADATA } from '../../../../functions/contract/formats/openmetadata.ts'
import { TYPESCRIPT } from '../../../../functions/contract/formats/typescript.ts'
import { OLIST, TOAST } from '../../../support/contract-sets.ts'

describe('TypeScript types', () => {
  /** Messages of the compiler about a file that uses the exported types. */
  function compile(usage: string): string {
    const folder = mkdtempSync(join(resolve('node_modules'), '.daybreak-types-'))
    try {
      for (const set of [TOAST, OLIST])
        for (const { path, content } of TYPESCRIPT.export(set))
          writeFileSync(join(folder, path), content.kind === 'text' ? content.text : '')
      writeFileSync(join(folder, 'usage.ts'), usage)
      const flags = ['--noEmit', '--strict', '--skipLibCheck', '--types', 'node', '--ignoreConfig']
      execFileSync('node_modules/.bin/tsc', [...flags, join(folder, 'usage.ts')], { encoding: 'utf8', stdio: 'pipe' })
      return ''
    } catch (error) {
      return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  it('take a row, an open value and an absent one, and refuse what no row has', () => {
    const start = "import type { Rows } from './olist.js'\nimport type { OrderDetails } from './toast.js'\n"
    const right = [
      "export const state: Rows['customers']['state'] = 'SP'",
      "export const source: OrderDetails['order_source'] = 'a new one'",
      "export const tip: OrderDetails['tip'] = null",
      "export const amount: OrderDetails['amount'] = '12.50'",
    ]
    expect(compile(`${start}${right.join('\n')}\n`)).toBe('')
    const wrong = [
      "export const state: Rows['customers']['state'] = 'XX'",
      "export const id: OrderDetails['order_id'] = null",
      "export const amount: OrderDetails['amount'] = 12.5",
      "export const gone: OrderDetails['no_column'] = ''",
    ]
    const messages = compile(`${start}${wrong.join('\n')}\n`)
    for (const line of [3, 4, 5, 6]) expect(messages).toContain(`usage.ts(${line},`)
  }, 60_000)
})

describe('requests and recipes for OpenMetadata', () => {
  const files = new Map(OPENMETADATA.export(OLIST).map(({ path, content }) => [path, content]))

  it('have a table with its columns, keys and foreign keys', () => {
    expect(files.get('tables/order_items.json')).toMatchObject({
      value: {
        ...{ name: 'order_items', databaseSchema: 'daybreak.default.olist', tableType: 'Regular' },
        columns: expect.arrayContaining([
          expect.objectContaining({
            name: 'price',
            dataType: 'NUMERIC',
            precision: 18,
            scale: 2,
            constraint: 'NOT_NULL',
          }),
        ]),
        tableConstraints: expect.arrayContaining([
          { constraintType: 'PRIMARY_KEY', columns: ['day', 'order_id', 'line'] },
          {
            constraintType: 'FOREIGN_KEY',
            columns: ['day', 'order_id'],
            referredColumns: ['daybreak.default.olist.orders.day', 'daybreak.default.olist.orders.order_id'],
          },
        ]),
        tablePartition: { columns: [{ columnName: 'day', intervalType: 'TIME-UNIT', interval: 'DAY' }] },
      },
    })
  })

  it.each([
    ['bigquery', 'BigQuery'],
    ['postgres', 'Postgres'],
    ['unity-catalog', 'UnityCatalog'],
  ])('have a recipe for %s that reads only these tables and holds no secret', (name, type) => {
    const content = files.get(`recipes/${name}.yaml`)
    expect(content).toMatchObject({
      value: {
        source: {
          serviceConnection: { config: { type } },
          sourceConfig: { config: { schemaFilterPattern: { includes: ['^olist$'] } } },
        },
        workflowConfig: {
          openMetadataServerConfig: { securityConfig: { jwtToken: expect.stringMatching(/^..OPENMETADATA_TOKEN.$/) } },
        },
      },
    })
    const secrets = [...JSON.stringify(content).matchAll(/"(?:token|password|jwtToken)":"([^"]*)"/g)].map(
      ([, text]) => text,
    )
    expect(secrets.filter((text) => !/^\$\{[A-Z_]+\}$/.test(text ?? ''))).toEqual([])
  })
})
