import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { makeOwnFolder } from '../../functions/adapters/local/own-folder.ts'
import { loadContract } from '../../functions/config/project.ts'
import { constantsOf, rejectConstantsOf } from '../../functions/contract/carried.ts'
import { command } from '../command.ts'
import { startProgress } from '../progress.ts'
import { readCount, readDate, readPath } from '../values.ts'

const SHOWN_REJECTS = 10

/** One contract on one file: the way to try a contract. */
export const transform = command({
  name: 'transform',
  description: 'Transform one file on this disk with one contract: Parquet, rejects and counts.',
  args: {
    contract: { type: 'string', required: true, valueHint: 'FILE', description: 'A contract in YAML.' },
    input: {
      type: 'string',
      required: true,
      valueHint: 'FILE',
      description: 'A file as the contract names it, CSV or JSON.',
    },
    out: {
      type: 'string',
      required: true,
      valueHint: 'DIR',
      description: 'Folder for part.parquet, rejects.parquet and summary.json.',
    },
    location: {
      type: 'string',
      default: '0',
      valueHint: 'ID',
      description: 'Shard of the file: goes into the column of the location.',
    },
    date: {
      type: 'string',
      default: '1970-01-01',
      valueHint: 'YYYY-MM-DD',
      description: 'Window of the file: goes into the column of the business date.',
    },
    'time-zone': { type: 'string', default: 'UTC', valueHint: 'ZONE', description: 'Zone of the local times.' },
    lanes: { type: 'string', default: '2', valueHint: 'N', description: 'Pieces worked on at a time.' },
  },
  examples: [
    'daybreak transform --contract config/contracts/toast/order_details.yaml --input OrderDetails.csv --out out',
  ],
  async run({ args, context, options, output }) {
    const input = readPath('--input', args.input, context.cwd)
    const contract = await loadContract(readPath('--contract', args.contract, context.cwd), context.env)
    const out = resolve(context.cwd, args.out)
    const date = readDate('--date', args.date)
    const slice = { shard: args.location, window: date }
    const scratch = await mkdtemp(join(tmpdir(), 'daybreak-transform-'))
    const { openDuckdbTransformer } = await import('../../functions/adapters/duckdb/transformer/transformer.ts')
    const transformer = await openDuckdbTransformer({
      lanes: readCount('--lanes', args.lanes, { min: 1, max: 16 }),
      memoryLimit: '512MB',
      tempDir: scratch,
    })
    const raw = { path: input, sha256: await sha256(input), bytes: (await stat(input)).size }
    const progress = startProgress({ label: basename(input), unit: 'bytes', total: raw.bytes }, context, options)
    try {
      const result = await transformer.transform({
        contract,
        constants: constantsOf(contract, slice),
        rejectConstants: rejectConstantsOf(contract, slice),
        place: { timeZone: args['time-zone'], closeoutHour: 4, date },
        sourceFile: basename(input),
        raw,
        outDir: scratch,
        // Nothing leaves this disk, and two tries give the same hashes.
        privacyKey: Buffer.from('daybreak transform'),
        signal: context.signal,
        onProgress: (bytes) => progress.update(bytes),
      })
      progress.stop()
      await makeOwnFolder(out, '--out')
      await copyFile(result.part.path, join(out, 'part.parquet'))
      await copyFile(result.rejects.path, join(out, 'rejects.parquet'))
      const { part, rejects, ...summary } = result
      await writeFile(join(out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
      await output.record({
        rows: part.rows,
        rejects: rejects.rows,
        ...summary.counts,
        encoding: summary.encoding,
        totals: { ...summary.totals },
        new_columns: [...summary.drift.newColumns],
        failed_checks: summary.checks
          .filter(({ state }) => state !== 'pass')
          .map(({ check, message }) => `${check}: ${message}`),
        out,
      })
      if (rejects.rows > 0) await showRejects(result.rejects.path, output)
      return rejects.rows > 0 ? 3 : 0
    } finally {
      progress.stop()
      await transformer.close()
      await rm(scratch, { recursive: true, force: true })
    }
  },
})

async function showRejects(
  path: string,
  output: {
    text(text: string): Promise<void>
    format: string
    rows(table: { columns: string[]; rows: Record<string, string | null>[] }): Promise<void>
  },
): Promise<void> {
  if (output.format !== 'table') return
  const { readParquet } = await import('../../functions/adapters/duckdb/parquet.ts')
  const { columns, rows } = await readParquet(path, SHOWN_REJECTS)
  const records = rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])))
  await output.text('')
  await output.rows({ columns: ['line', 'record', 'column', 'value', 'rule', 'message'], rows: records })
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
