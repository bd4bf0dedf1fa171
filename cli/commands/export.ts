import { linkSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Project } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { isWriting, type Question, type Reader } from '../../functions/pipeline/ports.ts'
import { streamSql } from '../../functions/pipeline/views/stream-sql.ts'
import { type More, withReader } from '../ask.ts'
import { command } from '../command.ts'
import { exportThere } from '../export/export-there.ts'
import { writeRows } from '../export/write-rows.ts'
import { readFirstDay, readLastDay, readMilliseconds } from '../values.ts'

const FORMATS = ['csv', 'parquet', 'xlsx'] as const
const EVERYTHING = Number.MAX_SAFE_INTEGER

/** Rows into a file, for other programs. */
export const exportRows = command({
  name: 'export',
  remote: 'served',
  description: 'Write the days of a stream, or the answer to a query, into a CSV, Parquet or xlsx file.',
  args: {
    stream: { type: 'positional', required: false, description: 'Stream, e.g. order_details; or use --query.' },
    query: { type: 'string', valueHint: 'SQL', description: 'One statement that reads, instead of a stream.' },
    from: {
      type: 'string',
      valueHint: 'DAY',
      description: 'First window: a day, an ISO week or a month. Default: the first there is.',
    },
    to: {
      type: 'string',
      valueHint: 'DAY',
      description: 'Last window, of a week or month its last day. Default: the last there is.',
    },
    format: {
      type: 'enum',
      options: [...FORMATS],
      description:
        'Form of the file. Default: what the ending of its name says. An xlsx sheet has 1,048,575 rows at most.',
    },
    out: { type: 'string', required: true, valueHint: 'FILE', description: 'File to write; it must not exist.' },
    overwrite: { type: 'boolean', description: 'Replace the file if it exists.' },
    pipeline: {
      type: 'string',
      valueHint: 'NAME',
      description: 'Pipeline of the stream, or whose destination is asked. Needed where pipelines have several.',
    },
    timeout: { type: 'string', default: '1h', valueHint: 'DURATION', description: 'Longest time, e.g. `5m`.' },
  },
  examples: [
    'daybreak export order_details --from 2025-02-01 --to 2025-02-28 --out orders.csv',
    "daybreak export --query 'select * from toast.payment_details' --out payments.parquet",
  ],
  async run(call) {
    const { args, context, output } = call
    const format = args.format ?? FORMATS.find((each) => args.out.toLowerCase().endsWith(`.${each}`))
    if (format === undefined)
      throw new DaybreakError(
        'USAGE_INVALID',
        `--out is ${JSON.stringify(args.out)}; expected --format ${FORMATS.join(', ')}`,
      )
    const range = {
      from: args.from === undefined ? undefined : readFirstDay('--from', args.from),
      to: args.to === undefined ? undefined : readLastDay('--to', args.to),
    }
    const timeout = readMilliseconds('--timeout', args.timeout)
    const target = resolve(context.cwd, args.out)
    if (call.options.remote !== null) {
      const { stream, pipeline, query } = args
      const file = await exportThere({ stream, pipeline, query, ...range, format }, call, (work) =>
        intoFile(target, { overwrite: args.overwrite }, work),
      )
      return await output.record({ file: target, format, ...file })
    }
    const asked = { stream: args.stream, query: args.query, pipeline: args.pipeline, ...range }
    const work = async (reader: Reader, more: More, project: Project) => {
      const sql = sqlOf(asked, project, reader)
      const question = { sql, timeout, limit: EVERYTHING, countTo: EVERYTHING, ...more }
      return await intoFile(target, { overwrite: args.overwrite }, (path) => write(question, { path, format }, reader))
    }
    const rows = await withReader(call, work, args.pipeline)
    await output.record({ file: target, format, rows })
  },
})

async function write(
  question: Question,
  { path, format }: { readonly path: string; readonly format: (typeof FORMATS)[number] },
  reader: Reader,
): Promise<number> {
  if (format !== 'xlsx' && isWriting(reader)) return await reader.write(question, { path, format })
  if (format !== 'parquet') return await writeRows(await reader.ask(question), { path, format })
  throw new DaybreakError('USAGE_INVALID', '--format parquet needs a DuckDB warehouse; expected csv or xlsx here')
}

interface Asked {
  readonly stream: string | undefined
  readonly query: string | undefined
  readonly pipeline: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
}

function sqlOf({ stream, query, pipeline, from, to }: Asked, { contracts }: Project, { dialect }: Reader): string {
  if ((stream === undefined) === (query === undefined))
    throw new DaybreakError('USAGE_INVALID', 'expected either a STREAM or --query')
  const own = new Map([...contracts].filter(([name]) => pipeline === undefined || name === pipeline))
  if (stream !== undefined) return streamSql({ stream, from, to }, own, dialect)
  if (query !== undefined && from === undefined && to === undefined) return query
  throw new DaybreakError('USAGE_INVALID', '--from and --to are for a STREAM; a query has its own conditions')
}

/** Writes to a file next to the target first, so that its name has the whole or nothing. Never replaces a file unasked. */
async function intoFile(
  target: string,
  { overwrite }: { readonly overwrite: boolean },
  work: (path: string) => Promise<number>,
): Promise<number> {
  if (!statSync(dirname(target), { throwIfNoEntry: false })?.isDirectory())
    throw new DaybreakError('USAGE_INVALID', `--out ${target} is in a folder that does not exist`)
  const found = statSync(target, { throwIfNoEntry: false })
  if (found && (!overwrite || !found.isFile()))
    throw new DaybreakError('USAGE_INVALID', `--out ${target} exists; --overwrite replaces a file`)
  const partial = `${target}.${process.pid}.partial`
  try {
    const rows = await work(partial)
    if (overwrite) renameSync(partial, target)
    else linkSync(partial, target)
    return rows
  } catch (error) {
    throw toUsage(error, target)
  } finally {
    rmSync(partial, { force: true })
  }
}

function toUsage(error: unknown, target: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'EEXIST')
    return new DaybreakError('USAGE_INVALID', `--out ${target} exists; --overwrite replaces it`)
  if (['ENOENT', 'EACCES', 'EROFS', 'ENOTDIR', 'EISDIR', 'EPERM'].includes(String(error.code)))
    return new DaybreakError('USAGE_INVALID', `--out ${target} cannot be written: ${error.code}`)
  return error
}
