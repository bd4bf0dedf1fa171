import { existsSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { Contract } from '../../functions/contract/contract.ts'
import { openTransformBench, type Row, type TransformBench } from '../support/transform.ts'

// A folder here is a test: input.csv or input.json and case.yaml in, accepted.json, rejects.json and summary.json out.
// `npx vitest run engine.golden -u` writes the expected files; read what changed before you commit it.
const FOLDER = 'tests/golden/transform'

const Case = z.strictObject({
  /** From the root of the repository, or `contract.yaml` for one in the same folder. */
  contract: z.string(),
  date: z.iso.date().default('2025-02-05'),
  time_zone: z.string().default('America/New_York'),
  /** Code of the refusal, where the file is refused. */
  error: z.string().optional(),
})

let bench: TransformBench
beforeAll(async () => {
  bench = await openTransformBench()
})
afterAll(async () => {
  await bench.close()
})

// They are the same in every row, or tested elsewhere.
const SKIPPED = new Set(['location_id', 'business_date', '_source_file', '_raw_sha256', 'raw_sha256', 'stream', 'file'])
const shown = (rows: readonly Row[]) =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name, value]) => value !== null && !SKIPPED.has(name))),
  )
const text = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`

it.each(readdirSync(FOLDER))('%s', async (name) => {
  const folder = join(FOLDER, name)
  const given = Case.parse(parse(await readFile(join(folder, 'case.yaml'), 'utf8')))
  const contractPath = given.contract === 'contract.yaml' ? join(folder, given.contract) : given.contract
  const contract = Contract.parse(parse(await readFile(contractPath, 'utf8')))
  const [input = ''] = ['input.json', 'input.jsonl', 'input.parquet', 'input.csv']
    .map((file) => join(folder, file))
    .filter(existsSync)
  const running = bench.transform(contract, await readFile(input), {
    date: given.date,
    location: { id: '185129', name: 'Main Street', timeZone: given.time_zone, closeoutHour: 4 },
  })
  if (given.error) {
    await expect(running).rejects.toMatchObject({ code: given.error })
    return
  }
  const { rows, rejects, result } = await running
  const { counts, totals, encoding, drift, checks } = result
  const findings = checks.filter(({ state }) => state !== 'pass')
  await expect(text(shown(rows))).toMatchFileSnapshot(join('..', '..', folder, 'accepted.json'))
  await expect(text(shown(rejects))).toMatchFileSnapshot(join('..', '..', folder, 'rejects.json'))
  await expect(text({ counts, totals, encoding, drift, findings })).toMatchFileSnapshot(
    join('..', '..', folder, 'summary.json'),
  )
})
