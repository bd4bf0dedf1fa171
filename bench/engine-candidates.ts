import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import { parse as parseCsv } from 'csv-parse'
import { parse as parseYaml } from 'yaml'
import { createDuckdbTransformer } from '../functions/adapters/duckdb/transformer.ts'
import { Contract } from '../functions/contract/contract.ts'
import type { ExpectedReject, Generated } from './generate.ts'

/** What one run of a candidate found and cost. */
export interface CandidateResult {
  readonly accepted: number
  readonly rejected: number
  /** True when every expected reject was found with its line, record, column and rule, and nothing else; null if it cannot tell. */
  readonly exact: boolean | null
  readonly outputBytes: number
}

export type Candidate = (files: readonly Generated[], lanes: number) => Promise<CandidateResult>

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

const raw: Candidate = async (files) =>
  inFolder(async (folder) => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '2', temp_directory: folder })
    const connection = await instance.connect()
    let accepted = 0
    let outputBytes = 0
    for (const [index, { path }] of files.entries()) {
      const output = join(folder, `${index}.parquet`)
      const { rowsChanged } = await connection.run(
        `COPY (FROM read_csv('${path}', ignore_errors = true)) TO '${output}' (FORMAT parquet, COMPRESSION zstd)`,
      )
      accepted += Number(rowsChanged)
      outputBytes += (await stat(output)).size
    }
    return { accepted, rejected: 0, exact: null, outputBytes }
  })

const engine =
  (contractOf: () => Promise<Contract>): Candidate =>
  async (files, lanes) =>
    inFolder(async (folder) => {
      const contract = await contractOf()
      const transformer = await createDuckdbTransformer({
        lanes,
        pieceBytes: 33_554_432,
        memoryLimit: '512MB',
        tempDir: folder,
      })
      const tasks = files.map(async ({ path, bytes, rejects }, index) => {
        const outDir = await mkdtemp(join(folder, `${index}-`))
        const result = await transformer.transform({
          contract,
          location: { id: '185129', name: 'Bench', timeZone: 'America/New_York', closeoutHour: 4 },
          date: '2024-10-24',
          sourceFile: '/185129/20241024/ItemSelectionDetails.csv',
          raw: { path, sha256: createHash('sha256').update(path).digest('hex'), bytes },
          outDir,
          privacyKey: Buffer.from('bench'),
        })
        return { result, rejects }
      })
      const done = await Promise.all(tasks)
      await transformer.close()
      const exact = await Promise.all(done.map(({ result, rejects }) => sameRejects(result.rejects.path, rejects)))
      const sum = (of: (each: (typeof done)[number]) => number): number =>
        done.reduce((total, each) => total + of(each), 0)
      return {
        accepted: sum(({ result }) => result.counts.accepted),
        rejected: sum(({ result }) => result.counts.rejected),
        exact: exact.every(Boolean),
        outputBytes: sum(({ result }) => result.part.bytes),
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

const MONEY = /^-?\d+(\.\d{1,4})?$/
const TIME = /^(1[0-2]|[1-9])\/(3[01]|[12]\d|[1-9])\/\d\d (1[0-2]|[1-9]):[0-5]\d [AP]M$/

/** csv-parse, checks of the same strictness in JavaScript, and text output: no Parquet, so a lower bound for that road. */
const csvParse: Candidate = async (files) =>
  inFolder(async (folder) => {
    let accepted = 0
    let rejected = 0
    let outputBytes = 0
    for (const [index, { path }] of files.entries()) {
      const output = join(folder, `${index}.csv`)
      const check = async function* (records: AsyncIterable<string[]>): AsyncGenerator<string> {
        for await (const fields of records) {
          const times = [fields[3], fields[4]].every((text) => !text || TIME.test(text))
          const money = [21, 22, 23, 24].every((position) => MONEY.test(fields[position] ?? ''))
          const words = [26, 27, 28].every((position) => ['true', 'false', ''].includes(fields[position] ?? ''))
          const ok = fields.length === 32 && times && money && words && fields[1] !== '' && !fields[24]?.startsWith('-')
          if (!ok) rejected++
          else {
            accepted++
            yield `${fields.map((field) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')}\n`
          }
        }
      }
      await pipeline(
        createReadStream(path, { highWaterMark: 1 << 20 }),
        parseCsv({ from: 2, relax_column_count: true }),
        check,
        createWriteStream(output),
      )
      outputBytes += (await stat(output)).size
    }
    return { accepted, rejected, exact: null, outputBytes }
  })

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What is compared, by name. */
export const CANDIDATES: Readonly<Record<string, Candidate>> = {
  raw,
  engine: engine(plainContract),
  'engine with the product contract': engine(productContract),
  'csv-parse': csvParse,
}
