import { createHash } from 'node:crypto'
import { mkdtemp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { parse as parseYaml } from 'yaml'
import { openDuckdbTransformer } from '../functions/adapters/duckdb/transformer/transformer.ts'
import { constantsOf, rejectConstantsOf } from '../functions/contract/carried.ts'
import { Contract } from '../functions/contract/contract.ts'
import { type Candidate, costSoFar, inFolder } from './engine-candidate.ts'
import type { ExpectedReject } from './generate.ts'

const CONTRACT = new URL('../config/contracts/toast/item_selection_details.yaml', import.meta.url)

/** The product's contract and one more rule, so that there is a check that rejects rows. */
async function productContract(): Promise<Contract> {
  const contract = Contract.parse(parseYaml(await readFile(CONTRACT, 'utf8')))
  const rule = { name: 'quantity_is_not_negative', that: 'qty >= 0', within: 0, effect: 'quarantine' } as const
  return { ...contract, checks: [...contract.checks, rule] }
}

/** The same types and rules without hashing, UTC, division and the search for repeated keys: the work that the goals were set for. */
async function plainContract(): Promise<Contract> {
  const contract = await productContract()
  const columns = contract.columns.map((column) => ({ ...column, privacy: 'keep' as const, values: undefined }))
  return { ...contract, columns, derived: [], checks: contract.checks.filter((check) => 'that' in check) }
}

const SLICE = { shard: '185129', window: '2024-10-24' }

const engine =
  (contractOf: () => Promise<Contract>): Candidate =>
  async (files, lanes) =>
    inFolder(async (folder) => {
      const contract = await contractOf()
      const transformer = await openDuckdbTransformer({
        lanes,
        memoryLimit: '512MB',
        tempDir: folder,
      })
      const tasks = files.map(async ({ path, bytes, rejects }, index) => {
        const outDir = await mkdtemp(join(folder, `${index}-`))
        const result = await transformer.transform({
          contract,
          constants: constantsOf(contract, SLICE),
          rejectConstants: rejectConstantsOf(contract, SLICE),
          place: { timeZone: 'America/New_York', closeoutHour: 4, date: SLICE.window },
          sourceFile: '/185129/20241024/ItemSelectionDetails.csv',
          raw: { path, sha256: createHash('sha256').update(path).digest('hex'), bytes },
          outDir,
          privacyKey: Buffer.from('bench'),
        })
        return { result, rejects }
      })
      const done = await Promise.all(tasks)
      await transformer.close()
      const cost = costSoFar()
      const exact = await Promise.all(done.map(({ result, rejects }) => sameRejects(result.rejects.path, rejects)))
      const sum = (of: (each: (typeof done)[number]) => number): number =>
        done.reduce((total, each) => total + of(each), 0)
      return {
        accepted: sum(({ result }) => result.counts.accepted),
        rejected: sum(({ result }) => result.counts.rejected),
        exact: exact.every(Boolean),
        outputBytes: sum(({ result }) => result.part.bytes),
        cost,
      }
    })

async function sameRejects(path: string, expected: readonly ExpectedReject[]): Promise<boolean> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const reader = await connection.runAndReadAll(`SELECT line, record, rule, "column" FROM read_parquet('${path}')`)
  const found = reader
    .getRows()
    .map(([line, record, rule, column]) => ({ line: Number(line), record: Number(record), rule, column }))
  instance.closeSync()
  return JSON.stringify(found) === JSON.stringify(expected)
}

/** Daybreak's engine with a contract of types alone. */
export const plain = engine(plainContract)
/** Daybreak's engine with the contract of the product. */
export const product = engine(productContract)
