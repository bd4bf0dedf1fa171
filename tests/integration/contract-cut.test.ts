import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cutRecords } from '../../functions/engine/bigquery/records.ts'
import { daybreak } from '../support/cli.ts'

const GOLDEN = 'tests/golden/bigquery/records-of-every-kind'

let out: string
let contract: string
let given: readonly string[]
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'daybreak-cut-'))
  // A contract has the name of its stream.
  contract = join(out, 'things.yaml')
  await copyFile(`${GOLDEN}/contract.yaml`, contract)
  given = [
    ...['contract', 'cut', contract, '--location', '185129', '--date', '2025-02-05'],
    ...['--time-zone', 'America/New_York', '--dataset', 'my-project.rebuild', '--uri', 'gs://bucket/cut/'],
  ]
})
afterEach(async () => {
  await rm(out, { recursive: true, force: true })
})

const linesOf = async (name: string) =>
  (await readFile(join(out, name), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

it('writes every record with its bytes and its place, and all that BigQuery is told', async () => {
  const input = await readFile(`${GOLDEN}/input.csv`)
  const { code, stdout } = await daybreak([...given, '--input', `${GOLDEN}/input.csv`, '--out', out, '-o', 'json'])
  expect(code).toBe(0)
  const { records: total } = JSON.parse(stdout)
  const records = await linesOf('records-00000.ndjson')
  expect(records.map(({ record }) => record)).toEqual(Array.from({ length: total - 1 }, (_, at) => at + 1))
  for (const { bytes, byte_offset: offset, line } of records) {
    const raw = Buffer.from(bytes, 'base64')
    expect(input.subarray(offset, offset + raw.length)).toEqual(raw)
    expect(input.subarray(0, offset).filter((byte) => byte === 10).length).toBe(line - 1)
  }
  expect(await linesOf('files.ndjson')).toMatchObject([{ location_id: '185129', encoding: 'utf-8', records: total }])
  const loads = JSON.parse(await readFile(join(out, 'load.json'), 'utf8'))
  expect(loads.records).toMatchObject({
    sourceUris: ['gs://bucket/cut/records-00000.ndjson'],
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    writeDisposition: 'WRITE_TRUNCATE',
    maxBadRecords: 0,
  })
  expect(await readFile(join(out, 'tables.sql'), 'utf8')).toContain('`my-project.rebuild.things_records`')
  const script = await readFile(join(out, 'transform.sql'), 'utf8')
  const printed = await daybreak([
    ...['contract', 'sql', contract, '--header', `${GOLDEN}/input.csv`],
    ...['--dataset', 'my-project.rebuild'],
  ])
  expect(printed.stdout.trim()).toBe(script.trim())
})

it('leaves no record of a file that turns out to be half written', async () => {
  const input = join(out, 'half.csv')
  await writeFile(input, `note,id,n\n${'a,1,1\n'.repeat(100_000)}"never closed`)
  const { code, stderr } = await daybreak([...given, '--input', input, '--out', out])
  expect(code).not.toBe(0)
  expect(stderr).toContain('[FILE_TRUNCATED] half.csv ends inside a quoted field that begins in line 100002')
  expect(await readdir(out)).toEqual(['half.csv', 'things.yaml'])
})

it('prints the SQL of a contract for the header it describes, and writes parts where it is told to', async () => {
  const { code, stdout } = await daybreak(['contract', 'sql', 'order_details', '--parts', 'gs://bucket/parts/'])
  expect(code).toBe(0)
  expect(stdout).toContain("EXPORT DATA OPTIONS (uri = 'gs://bucket/parts/part-*.parquet', format = 'PARQUET'")
  expect(stdout).toContain('FROM `daybreak_rebuild.order_details_records` AS r')
})

it('holds little of a large file in memory, for any size of its blocks', async () => {
  const record = `${'a'.repeat(300)},"b\nc",1\n`
  const block = Buffer.from(record.repeat(3_000))
  const blocks = 300
  const header = Buffer.from('x,y,z\n')
  async function* file() {
    yield header
    for (let at = 0; at < blocks; at++) yield block
  }
  const running = await cutRecords({ name: 'large.csv', bytes: header.length + blocks * block.length }, file())
  const before = process.memoryUsage().rss
  let [records, peak] = [0, 0]
  for await (const { record } of running.records) {
    records = record
    if (record % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss - before)
  }
  expect(records).toBe(blocks * 3_000)
  expect(running.total()).toMatchObject({ records: records + 1, lines: 1 + 2 * records })
  expect(peak).toBeLessThan((blocks * block.length) / 2)
})
