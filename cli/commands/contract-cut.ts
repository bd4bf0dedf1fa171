import { basename, resolve } from 'node:path'
import { makeOwnFolder } from '../../functions/adapters/local/own-folder.ts'
import { openCut, sizeOfInput } from '../../functions/engine/bigquery/cut-file.ts'
import { command } from '../command.ts'
import { startProgress } from '../progress.ts'
import { readCount, readDate, readPath } from '../values.ts'
import { findContract } from './contract-find.ts'

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
    const slice = {
      location: args.location,
      date: readDate('--date', args.date),
      timeZone: args['time-zone'],
      closeoutHour: readCount('--closeout-hour', args['closeout-hour'], { min: 0, max: 23 }),
    }
    const progress = startProgress(
      { label: basename(input), unit: 'bytes', total: await sizeOfInput(input) },
      context,
      options,
    )
    try {
      const { dataset, uri } = args
      const cutting = await openCut({
        contract,
        input,
        slice,
        dataset,
        uri,
        onProgress: (bytes) => progress.update(bytes),
      })
      await makeOwnFolder(out, '--out')
      const { encoding, lines, records, blankLines, rawSha256 } = await cutting.write(out)
      await output.record({ encoding, lines, records, blank_lines: blankLines, raw_sha256: rawSha256, out })
    } finally {
      progress.stop()
    }
  },
})
