import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { textOf } from '../../cli/commands/contract-export.ts'
import { DBT } from '../../functions/contract/formats/dbt.ts'
import type { ContractSet } from '../../functions/contract/formats/format.ts'
import { relationOf } from '../../functions/contract/relation.ts'
import { ddlScript } from '../../functions/sql/ddl.ts'
import { DUCKDB_DDL } from '../../functions/sql/dialects/duckdb/ddl.ts'
import { findJudge, unless } from '../support/conformance/judge.ts'
import { OLIST, TOAST } from '../support/contract-sets.ts'

const judge = await findJudge('dbt')

const Manifest = z.looseObject({
  exposures: z.record(
    z.string(),
    z.looseObject({ name: z.string(), depends_on: z.looseObject({ nodes: z.array(z.string()) }) }),
  ),
})

/** Tables that take any row, so that a test of dbt has something to find. */
function looseTables(set: ContractSet): string {
  const relations = set.contracts.map((contract) => {
    const table = relationOf(contract, { catalog: null, schema: set.pipeline })
    const columns = table.columns.map((column) => ({ ...column, isRequired: false, rules: [] }))
    return { ...table, columns, primaryKey: [], unique: [], foreignKeys: [] }
  })
  return ddlScript({ dialect: DUCKDB_DDL, relations, drop: false })
}

describe.skipIf(judge.without !== null)(`the dbt project, judged by dbt${unless(judge)}`, () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-dbt-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function open(set: ContractSet) {
    const project = join(folder, set.pipeline)
    for (const file of DBT.export(set)) {
      await mkdir(dirname(join(project, file.path)), { recursive: true })
      await writeFile(join(project, file.path), textOf(file))
    }
    const path = join(project, 'tables.duckdb')
    const profile = `daybreak:\n  target: local\n  outputs:\n    local: { type: duckdb, path: '${path}', threads: 1 }\n`
    await writeFile(join(project, 'profiles.yml'), profile)
    const env = { DBT_PROFILES_DIR: project, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false', NO_COLOR: '1' }
    return {
      project,
      dbt: (...args: readonly string[]) => judge.run('dbt', args, { cwd: project, env }),
      async sql(text: string) {
        const instance = await DuckDBInstance.create(path)
        const connection = await instance.connect()
        await connection.run(text)
        connection.closeSync()
        instance.closeSync()
      },
    }
  }

  it.each([TOAST, OLIST].map((set) => [set.pipeline, set] as const))(
    'of %s is parsed, and each test runs over empty tables',
    async (_, set) => {
      const { dbt, sql } = await open(set)
      expect(await dbt('parse')).toMatchObject({ code: 0 })
      await sql(looseTables(set))
      const { code, stdout } = await dbt('build')
      expect({ code, errors: /ERROR=0/.test(stdout), failed: / FAIL /.test(stdout) }, stdout).toEqual({
        code: 0,
        errors: true,
        failed: false,
      })
    },
    300_000,
  )

  it('has exposures that lead to the views and models that they read', async () => {
    const { dbt, project } = await open(OLIST)
    expect(await dbt('parse')).toMatchObject({ code: 0 })
    const { exposures } = Manifest.parse(JSON.parse(await readFile(join(project, 'target/manifest.json'), 'utf8')))
    const found = Object.values(exposures).map(({ name, depends_on: { nodes } }) => [name, nodes.toSorted()])
    expect(Object.fromEntries(found)).toEqual({
      delivery_board: ['delivery_slas', 'review_aggregates'].map((table) => `source.daybreak_olist.models.${table}`),
      order_statement: ['model.daybreak_olist.stg_order_payments', 'source.daybreak_olist.models.order_totals'],
    })
  }, 300_000)

  it('finds the row that breaks a promise, and names it as the contract does', async () => {
    const { dbt, sql } = await open(OLIST)
    const id = (letter: string) => `'${letter.repeat(32)}'`
    await sql(`${looseTables(OLIST)}
      DELETE FROM olist.order_items; DELETE FROM olist.orders;
      INSERT INTO olist.order_items (order_id, line, product_id, seller_id, ships_before, price, freight_value, day)
      VALUES (${id('a')}, 1, ${id('b')}, ${id('c')}, TIMESTAMP '2026-03-01', -1, 2, DATE '2026-03-01')`)
    const { code, stdout } = await dbt('build', '--select', 'stg_order_items')
    const found = [...stdout.matchAll(/(?:FAIL|WARN) \d+ (\w+)/g)].map(([, name]) => name)
    expect(code, stdout).toBe(1)
    expect(new Set(found)).toEqual(
      new Set([
        'order_items_price_range',
        ...['order_id_in_orders', 'product_id_in_products', 'seller_id_in_sellers'].map(
          (name) => `order_items_${name}`,
        ),
      ]),
    )
  }, 300_000)
})
