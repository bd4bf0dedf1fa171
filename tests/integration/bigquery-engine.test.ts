import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Contract } from '../../functions/contract/contract.ts'
import { compileExpression } from '../../functions/contract/expression/expression.ts'
import { contractScope } from '../../functions/contract/scope.ts'
import { yamlWords } from '../../functions/lib/yaml-object.ts'
import { DUCKDB } from '../../functions/sql/dialects/duckdb/dialect.ts'
import { mockLocations } from '../../mock/locations.ts'
import { writeTree } from '../../mock/tree.ts'
import { type Case, throughBoth, typesOf } from '../support/bigquery-compare.ts'
import { type BigqueryBench, openBigqueryBench } from '../support/bigquery-engine.ts'
import { draws } from '../support/draws.ts'
import { condition, number, text } from '../support/expression/generate.ts'
import { printExpression } from '../support/expression/print.ts'
import { openTransformBench, type TransformBench } from '../support/transform.ts'
import { LENIENT_HEADER, lenient, nearlyCsv, oddRow, strict } from '../support/weird-values.ts'
import { hasZetasql } from '../support/zetasql.ts'

const RUNS = draws({ suite: 4, soak: 80 })

let duckdb: TransformBench
let pieces: TransformBench
let bigquery: BigqueryBench
beforeAll(async () => {
  if (!hasZetasql) return
  duckdb = await openTransformBench()
  pieces = await openTransformBench({ pieceBytes: 60, lanes: 2 })
  bigquery = await openBigqueryBench()
})
afterAll(async () => {
  await Promise.all([duckdb?.close(), pieces?.close(), bigquery?.close()])
})

async function compare(given: Case, bench: TransformBench = duckdb): Promise<void> {
  const both = await throughBoth({ duckdb: bench, bigquery }, given)
  expect(both.bigquery).toEqual(both.duckdb)
  if (both.types.size > 0) expect(Object.fromEntries(both.types)).toMatchObject(typesOf(given.contract))
}

async function readContract(path: string): Promise<Contract> {
  return Contract.parse(parse(await readFile(path, 'utf8')))
}

// The folders of the DuckDB engine, and those that were made for this comparison: input.csv and case.yaml.
const FOLDERS = ['tests/golden/transform', 'tests/golden/bigquery'].flatMap((root) =>
  // A file of JSON is refused there, which bigquery-script.test.ts says.
  readdirSync(root)
    .map((name) => join(root, name))
    .filter((folder) => existsSync(join(folder, 'input.csv'))),
)

const SKIPPED = hasZetasql ? '' : ' (skipped: not present)'

describe.skipIf(!hasZetasql)(`both engines agree on${SKIPPED}`, () => {
  it.each(FOLDERS)('%s', async (folder) => {
    const given = parse(await readFile(join(folder, 'case.yaml'), 'utf8'))
    const path = given.contract === 'contract.yaml' ? join(folder, given.contract) : given.contract
    const bytes = await readFile(join(folder, 'input.csv'))
    await compare({ contract: await readContract(path), bytes, date: given.date, timeZone: given.time_zone })
  })

  const streams = readdirSync('config/contracts/toast').filter(
    (name) => name.endsWith('.yaml') && name !== 'menu_items.yaml',
  )
  it.each(streams)('a night of %s', async (name) => {
    const contract = await readContract(join('config/contracts/toast', name))
    const folder = mkdtempSync(join(tmpdir(), 'daybreak-mock-'))
    try {
      const [location] = mockLocations(1)
      const night = { locations: mockLocations(1), startDate: '2026-11-01', days: 1, seed: 7, scale: 0.1 }
      const { files } = writeTree({ out: folder, ...night })
      const file = files.find(({ path }) => path.endsWith(`/${contract.file}`))
      const bytes = await readFile(join(folder, file!.path))
      await compare({ contract, bytes, date: '2026-11-01', timeZone: location!.timeZone })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('any value of any type', async () => {
    const zones = fc.constantFrom('America/New_York', 'Europe/London', 'Australia/Lord_Howe', 'America/Phoenix')
    const rows = fc.array(oddRow, { minLength: 200, maxLength: 300 })
    await fc.assert(
      fc.asyncProperty(rows, zones, async (lines, timeZone) => {
        await compare({ contract: lenient, bytes: `${LENIENT_HEADER}\n${lines.join('\n')}\n`, timeZone })
      }),
      { numRuns: RUNS },
    )
  })

  it('any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(nearlyCsv, fc.constantFrom(...strict), fc.boolean(), async (bytes, contract, inPieces) => {
        await compare({ contract, bytes }, inPieces ? pieces : duckdb)
      }),
      { numRuns: 8 * RUNS },
    )
  })

  it('any expression over numbers of any size', async () => {
    const expressions = fc.array(fc.oneof(number, text, condition).map(printExpression), {
      minLength: 30,
      maxLength: 30,
    })
    await fc.assert(
      fc.asyncProperty(expressions, async (texts) => {
        await compare({ contract: derive(texts), bytes: NUMBERS })
      }),
      { numRuns: RUNS },
    )
  })
})

const OPERANDS = Contract.parse({
  ...yamlWords(lenient),
  key: ['i'],
  derived: [],
  columns: Object.entries({
    a: 2,
    b: 4,
    tax: 9,
    i: 'int64',
    j: 'int64',
    s: 'string',
    t: 'string',
    p: 'bool',
    q: 'bool',
  }).map(([name, type]) => ({
    ...{ name, from: name, description: 'An operand.' },
    ...(typeof type === 'number' ? { type: 'numeric', scale: type } : { type }),
  })),
})

/** Rows of small numbers and of those that overflow what is made of them. */
const NUMBERS = [
  'a,b,tax,i,j,s,t,p,q',
  '12.34,2,0.5,7,-1,a,b,true,false',
  '-1.25,-3.3333,-0.333333333,0,10,é, x ,false,',
  '0.01,0.0001,1.000000001,60,1000000,abc,🌶️,,true',
  ',,,,,,,,',
  '0,0,0,0,0,a,a,true,true',
  '9999999999999999.99,99999999999999.9999,12345678901234567890,9223372036854775807,3037000500,b,,true,false',
  '-9999999999999999.99,7.5,1234567890123456789012345678,-9223372036854775808,9223372036854775807,x,abc,false,true',
].join('\n')

/** A contract that derives a column from each of these expressions that is short enough to stand in one. */
function derive(texts: readonly string[]): Contract {
  const scope = contractScope(OPERANDS, { dialect: DUCKDB, sql: (name) => name })
  const derived = texts.flatMap((expression, at) => {
    try {
      const { type } = compileExpression(expression, scope)
      return [
        { name: `x${at}`, type, expression, scale: type === 'numeric' ? [0, 2, 5, 9][at % 4] : 9, description: 'A.' },
      ]
    } catch {
      return []
    }
  })
  return Contract.parse({ ...yamlWords(OPERANDS), derived })
}
