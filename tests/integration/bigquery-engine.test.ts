import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Contract } from '../../functions/contract/contract.ts'
import { throughBoth, typesOf } from '../support/bigquery-compare.ts'
import { type BigqueryBench, openBigqueryBench } from '../support/bigquery-engine.ts'
import { openTransformBench, type TransformBench } from '../support/transform.ts'
import { hasZetasql } from '../support/zetasql.ts'

let duckdb: TransformBench
let bigquery: BigqueryBench
beforeAll(async () => {
  if (hasZetasql) [duckdb, bigquery] = await Promise.all([openTransformBench(), openBigqueryBench()])
})
afterAll(async () => {
  await Promise.all([duckdb?.close(), bigquery?.close()])
})

// The folders of the DuckDB engine, and those that were made for this comparison: input.csv and case.yaml.
const FOLDERS = ['tests/golden/transform', 'tests/golden/bigquery'].flatMap((root) =>
  readdirSync(root).map((name) => join(root, name)),
)

async function readCase(folder: string) {
  const given = parse(await readFile(join(folder, 'case.yaml'), 'utf8'))
  const path = given.contract === 'contract.yaml' ? join(folder, given.contract) : given.contract
  const contract = Contract.parse(parse(await readFile(path, 'utf8')))
  const bytes = await readFile(join(folder, 'input.csv'))
  return { contract, bytes, date: given.date, timeZone: given.time_zone }
}

describe.skipIf(!hasZetasql)('both engines agree on', () => {
  it.each(FOLDERS)('%s', async (folder) => {
    const given = await readCase(folder)
    const both = await throughBoth({ duckdb, bigquery }, given)
    expect(both.bigquery).toEqual(both.duckdb)
    if (both.types.size > 0) expect(Object.fromEntries(both.types)).toMatchObject(typesOf(given.contract))
  })
})
