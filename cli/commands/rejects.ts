import { partRowsReader } from '../../functions/compose/part-rows.ts'
import type { Daybreak } from '../../functions/compose.ts'
import { rejectsTable } from '../../functions/engine/rejects/rejects.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import type { Ports } from '../../functions/pipeline/ports.ts'
import { isTables } from '../../functions/pipeline/tables/tools.ts'
import { countRejects, listRejects, type RejectFilter, rejectedDays } from '../../functions/pipeline/views/rejects.ts'
import { listTableRejects, TABLE_REJECT_PLACE } from '../../functions/pipeline/views/table-rejects.ts'
import { eachPage, withApi } from '../api.ts'
import type { Row } from '../cell.ts'
import { type Call, command, group } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import type { Output } from '../output.ts'
import { REASON_ARG, recordReason } from '../reason.ts'
import { PIPELINE_ARG, SCOPE_ARGS, toScope, toSlices } from '../scope.ts'
import { readCount, readWindowName } from '../values.ts'
import { runNow } from './run.ts'

const SHOWN = 50
const MOST = 1_000_000

const ARGS = {
  ...PIPELINE_ARG,
  ...SCOPE_ARGS,
  limit: {
    type: 'string',
    valueHint: 'N',
    description: 'Most rows. Default: 50 in a table, all up to 1,000,000 in other formats.',
  },
} as const

const list = command({
  name: 'rejects list',
  remote: 'served',
  description: 'List rows that could not be accepted: file, line, column, value, rule.',
  args: ARGS,
  examples: ['daybreak rejects list --date 2025-02-05 --stream order_details'],
  async run(call) {
    const isTable = call.output.format === 'table'
    const asked = call.args.limit === undefined ? null : readCount('--limit', call.args.limit, { min: 1, max: MOST })
    const limit = asked ?? (isTable ? SHOWN : MOST)
    if (call.options.remote !== null) return await print(await askThere(call, limit), call.output)
    const look = async (daybreak: Daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const scope = toSlices(call.args, definition)
      await print(await askHere(definition, { ...scope, limit, isCounted: isTable }, daybreak.ports), call.output)
    }
    await withDaybreak(call, look, { readOnlyWarehouse: true })
  },
})

const show = command({
  name: 'rejects show',
  remote: 'served',
  description: 'Show one rejected row whole: all its failures and its raw text, as far as privacy allows.',
  args: {
    ...PIPELINE_ARG,
    ...SCOPE_ARGS,
    line: { type: 'string', required: true, valueHint: 'N', description: 'Line in the file.' },
  },
  async run(call) {
    const line = readCount('--line', call.args.line, { min: 1, max: Number.MAX_SAFE_INTEGER })
    if (call.options.remote !== null) {
      const { rows } = await askThere(call, MOST)
      const own = rows.filter((row) => Number(row['line']) === line)
      if (own.length === 0) throw noRow(line)
      for (const row of own) await call.output.record(row)
      return
    }
    const look = async (daybreak: Daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const scope = toSlices(call.args, definition)
      const { rows } = await askHere(definition, { ...scope, line, limit: 100, isCounted: false }, daybreak.ports)
      if (rows.length === 0) throw noRow(line)
      for (const row of rows) await call.output.record(row)
    }
    await withDaybreak(call, look, { readOnlyWarehouse: true })
  },
})

const replay = command({
  name: 'rejects replay',
  remote: 'served',
  description: 'Transform the landed files again, after a contract was corrected, and load what is accepted now.',
  args: { ...PIPELINE_ARG, ...SCOPE_ARGS, ...REASON_ARG },
  async run(call) {
    if (call.options.remote !== null) return await replayThere(call)
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const scope = toScope(call.args, definition)
      const days = await rejectedDays(definition.name, scope, daybreak.ports.ledger)
      if (days.length === 0) {
        await call.output.text('Nothing to replay: no slice has rejected rows.')
        return 0
      }
      return await runNow(
        {
          pipeline: definition.name,
          trigger: 'cli',
          scope: {
            ...scope,
            perShard: days,
            shards: days.map(({ shard }) => shard),
            fromArchive: true,
            rejectedOnly: true,
          },
        },
        daybreak,
        {
          ...call,
          begun: () => recordReason({ action: 'rejects.replay', subject: definition.name }, call, daybreak.ports),
        },
      )
    })
  },
})

interface Rejects {
  /** Columns of window and shard. */
  readonly place: readonly string[]
  readonly rows: readonly Row[]
  readonly count: number
  readonly all: boolean
}

async function print({ place, rows, count, all }: Rejects, output: Output): Promise<void> {
  await output.rows({
    columns: [...place, 'stream', { key: 'line', align: 'right' }, 'column', 'value', 'rule', 'message'],
    rows,
    total: () => ({ rows: count, all }),
    empty: 'No rejected rows.',
  })
}

interface Asked extends RejectFilter {
  /** True where the number of all rows is wanted, also when not all are listed. */
  readonly isCounted: boolean
}

/** Rejected rows of this project: of the table of rejects, or of the parts of windows of tables. */
async function askHere(definition: PipelineDefinition, asked: Asked, ports: Ports): Promise<Rejects> {
  const { windows, shards, streams, line, limit, isCounted } = asked
  const scope = { ...(windows && { windows }), ...(shards && { shards }), ...(streams && { streams }) }
  const filter = { ...scope, ...(line !== undefined && { line }), limit }
  if (isTables(definition)) {
    const reading = { ledger: ports.ledger, partRows: partRowsReader(ports) }
    const { rows, count } = await listTableRejects({ ...filter, pipeline: definition.name }, reading)
    return { place: TABLE_REJECT_PLACE, rows, count: isCounted ? count : rows.length, all: true }
  }
  const warehouse = warehouseOf(ports, definition.name)
  const table = rejectsTable(definition.name, definition.contracts.values())
  const rows = await listRejects(warehouse, table, filter)
  const count = isCounted && rows.length === limit ? await countRejects(warehouse, table, scope) : rows.length
  return { place: table.columns.slice(0, 2).map(({ name }) => name), rows, count, all: true }
}

interface ScopeFlags {
  readonly pipeline: string | undefined
  readonly date: readonly string[]
  readonly location: readonly string[]
  readonly stream: readonly string[]
}

/** Rejected rows that a server knows: of the days that are named, else of its last three months. */
async function askThere(call: Pick<Call<ScopeFlags>, 'args' | 'options' | 'context'>, limit: number): Promise<Rejects> {
  const { date, location, stream, pipeline } = call.args
  const days = date.map((text) => readWindowName('--date', text)).toSorted()
  return await withApi(call, async (api) => {
    const query = {
      ...(pipeline !== undefined && { pipeline }),
      // Windows of tables are no days, and no range.
      ...(days.length > 0 && days.every((day) => /^\d/.test(day)) && { from: days[0], to: days.at(-1) }),
      ...{ shard: [...location], stream: [...stream] },
    }
    const rows: Row[] = []
    for await (const page of eachPage((part) => api('GET /api/rejects', { query: { ...query, ...part } }))) {
      const own = page.rejects.filter(({ window }) => days.length === 0 || days.includes(window ?? ''))
      rows.push(...own.map(({ row }) => row))
      if (rows.length > limit) break
    }
    const place = Object.keys(rows[0] ?? {}).slice(0, 2)
    return { place, rows: rows.slice(0, limit), count: rows.length, all: rows.length <= limit }
  })
}

async function replayThere(call: Call<ScopeFlags & { readonly reason: string }>): Promise<number> {
  const { date, location, stream, reason, pipeline } = call.args
  return await withApi(call, async (api) => {
    const windows = date.map((text) => readWindowName('--date', text))
    const body = {
      windows,
      shards: [...location],
      streams: [...stream],
      reason,
      ...(pipeline !== undefined && { pipeline }),
    }
    const { runId, slices } = await api('POST /api/rejects:replay', { body })
    if (runId === null) await call.output.text('Nothing to replay: no slice has rejected rows.')
    else await call.output.record({ run: runId, slices })
    return 0
  })
}

function noRow(line: number): DaybreakError {
  const details = { next: 'daybreak rejects list' }
  return new DaybreakError('NOT_FOUND', `no rejected row at line ${line}`, { details })
}

/** Rows that could not be accepted. */
export const rejects = group({
  name: 'rejects',
  description: 'Look at rejected rows, and replay them after a correction.',
  commands: { list: async () => list, show: async () => show, replay: async () => replay },
})
