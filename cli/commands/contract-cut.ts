import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { makeOwnFolder } from '../../functions/adapters/local/own-folder.ts'
import { refuseUnable } from '../../functions/engine/bigquery/columns.ts'
import { compileToBigquery } from '../../functions/engine/bigquery/compile.ts'
import { cutRecords, type RunningCut } from '../../functions/engine/bigquery/records.ts'
import { loadConfiguration, scriptSql, sheetTablesSql } from '../../functions/engine/bigquery/script.ts'
import { FILES, fileLine, RECORDS, recordLine, type SheetSlice } from '../../functions/engine/bigquery/sheet.ts'
import { rebuildTables } from '../../functions/engine/bigquery/tables.ts'
import { refuseSpreadsheet } from '../../functions/engine/file/spreadsheet.ts'
import { command } from '../command.ts'
import { startProgress } from '../progress.ts'
import { readCount, readDate, readPath } from '../values.ts'
import { findContract } from './contract-find.ts'

/** Large enough to be few, small enough to be uploaded and read side by side. */
const SHARD_BYTES = 256 * 1024 * 1024
const FLUSH_CHARACTERS = 1 << 20

/** One file of any size as records for BigQuery, with every statement that turns them into rows. */
export const cut = command({
  name: 'contract cut',
  description:
    'Cut a file of any size into records for BigQuery, and write the SQL that makes rows and rejects of them.',
  args: {
    contract: { type: 'positional', description: 'A stream of the project, or a file.' },
    input: { type: 'string', required: true, valueHint: 'FILE', description: 'A CSV file.' },
    out: {
      type: 'string',
      required: true,
      valueHint: 'DIR',
      description: 'Folder for tables.sql, records-*.ndjson, files.ndjson, load.json and transform.sql.',
    },
    location: {
      type: 'string',
      required: true,
      valueHint: 'ID',
      description: 'Shard of the file: goes into the column of the location.',
    },
    date: {
      type: 'string',
      required: true,
      valueHint: 'YYYY-MM-DD',
      description: 'Window of the file: goes into the column of the business date.',
    },
    'time-zone': { type: 'string', required: true, valueHint: 'ZONE', description: 'Zone of the local times.' },
    'closeout-hour': {
      type: 'string',
      default: '4',
      valueHint: 'HOUR',
      description: 'What expressions call closeout_hour.',
    },
    dataset: {
      type: 'string',
      default: 'daybreak_rebuild',
      valueHint: 'PROJECT.DATASET',
      description: 'Where the tables are to be.',
    },
    uri: {
      type: 'string',
      default: 'gs://BUCKET/cut',
      valueHint: 'gs://BUCKET/PREFIX',
      description: 'Where the records will be uploaded to: what load.json names.',
    },
  },
  examples: [
    'daybreak contract cut order_details --input OrderDetails.csv --location 185129 --date 2026-11-13 --time-zone America/New_York --out cut',
  ],
  async run(call) {
    const { args, context, options, output } = call
    const contract = await findContract(call, args.contract)
    const input = readPath('--input', args.input, context.cwd)
    const out = resolve(context.cwd, args.out)
    refuseUnable(contract)
    const { size } = await stat(input)
    const progress = startProgress({ label: basename(input), unit: 'bytes', total: size }, context, options)
    const hash = createHash('sha256')
    try {
      const file = { name: basename(input), bytes: size }
      const running = await cutRecords(
        file,
        hashed(input, hash, (bytes) => progress.update(bytes)),
      )
      const tables = rebuildTables(args.dataset, contract.stream)
      const transform = compileToBigquery(contract, { header: running.header, tables })
      refuseSpreadsheet({ name: file.name, contract, positions: transform.plan.positions, sample: running.sample })
      const slice = {
        location: args.location,
        date: readDate('--date', args.date),
        sourceFile: basename(input),
        timeZone: args['time-zone'],
        closeoutHour: readCount('--closeout-hour', args['closeout-hour'], { min: 0, max: 23 }),
      }
      await makeOwnFolder(out, '--out')
      const shards = await writeRecords(out, slice, running.records)
      const total = running.total()
      const rawSha256 = hash.digest('hex')
      await writeFile(join(out, 'files.ndjson'), fileLine({ ...slice, rawSha256 }, total))
      await writeFile(join(out, 'tables.sql'), sheetTablesSql(tables))
      await writeFile(join(out, 'transform.sql'), scriptSql(transform, { kind: 'tables', ...tables }))
      const at = (name: string): string => `${args.uri.replace(/\/$/, '')}/${name}`
      const loads = {
        records: loadConfiguration(RECORDS, shards.map(at)),
        files: loadConfiguration(FILES, [at('files.ndjson')]),
      }
      await writeFile(join(out, 'load.json'), `${JSON.stringify(loads, null, 2)}\n`)
      const { encoding, lines, records, blankLines } = total
      await output.record({ encoding, lines, records, blank_lines: blankLines, raw_sha256: rawSha256, out })
    } finally {
      progress.stop()
    }
  },
})

async function* hashed(path: string, hash: Hash, onProgress: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let read = 0
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(block)
    read += block.length
    onProgress(read)
    yield block
  }
}

/** Writes them as lines of JSON, in files of a bounded size; none stays when the file turns out to be broken. */
async function writeRecords(
  out: string,
  slice: Pick<SheetSlice, 'location' | 'date'>,
  records: RunningCut['records'],
): Promise<readonly string[]> {
  const names: string[] = []
  try {
    for await (const shard of shardsOf(slice, records)) {
      const name = `records-${String(names.length).padStart(5, '0')}.ndjson`
      names.push(name)
      await writeFile(join(out, name), shard)
    }
    return names
  } catch (error) {
    for (const name of names) await rm(join(out, name), { force: true })
    throw error
  }
}

/** Lists of text, each of about SHARD_BYTES characters; the first exists even without records. */
async function* shardsOf(
  slice: Pick<SheetSlice, 'location' | 'date'>,
  records: RunningCut['records'],
): AsyncGenerator<AsyncGenerator<string>> {
  let done = false
  async function* shard(): AsyncGenerator<string> {
    let text = ''
    for (let written = 0; written < SHARD_BYTES; ) {
      const next = await records.next()
      done = next.done === true
      if (next.done) break
      const line = recordLine(slice, next.value)
      written += line.length
      text += line
      if (text.length < FLUSH_CHARACTERS) continue
      yield text
      text = ''
    }
    yield text
  }
  while (!done) yield shard()
}
