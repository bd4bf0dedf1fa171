import type { Daybreak } from '../../functions/compose.ts'
import { rejectsTable } from '../../functions/engine/rejects/rejects.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import { countRejects, listRejects, rejectedDays } from '../../functions/pipeline/views/rejects.ts'
import { command, group } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { PIPELINE_ARG, SCOPE_ARGS, toScope } from '../scope.ts'
import { readCount } from '../values.ts'
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
  description: 'List rows that could not be accepted: file, line, column, value, rule.',
  args: ARGS,
  examples: ['daybreak rejects list --date 2025-02-05 --stream order_details'],
  async run(call) {
    const isTable = call.output.format === 'table'
    const asked = call.args.limit === undefined ? null : readCount('--limit', call.args.limit, { min: 1, max: MOST })
    const look = async (daybreak: Daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const scope = toScope(call.args, definition)
      const limit = asked ?? (isTable ? SHOWN : MOST)
      const warehouse = warehouseOf(daybreak.ports, definition.name)
      const table = rejectsTable(definition.name, definition.contracts.values())
      const rows = await listRejects(warehouse, table, { ...scope, limit })
      const count = isTable && rows.length === limit ? await countRejects(warehouse, table, scope) : rows.length
      await call.output.rows({
        columns: [
          ...table.columns.slice(0, 2).map(({ name }) => name),
          'stream',
          { key: 'line', align: 'right' },
          'column',
          'value',
          'rule',
          'message',
        ],
        rows,
        total: () => ({ rows: count, all: true }),
        empty: 'No rejected rows.',
      })
    }
    await withDaybreak(call, look, { readOnlyWarehouse: true })
  },
})

const show = command({
  name: 'rejects show',
  description: 'Show one rejected row whole: all its failures and its raw text, as far as privacy allows.',
  args: {
    ...PIPELINE_ARG,
    ...SCOPE_ARGS,
    line: { type: 'string', required: true, valueHint: 'N', description: 'Line in the file.' },
  },
  async run(call) {
    const line = readCount('--line', call.args.line, { min: 1, max: Number.MAX_SAFE_INTEGER })
    const look = async (daybreak: Daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const rows = await listRejects(
        warehouseOf(daybreak.ports, definition.name),
        rejectsTable(definition.name, definition.contracts.values()),
        {
          ...toScope(call.args, definition),
          line,
          limit: 100,
        },
      )
      if (rows.length === 0)
        throw new DaybreakError('NOT_FOUND', `no rejected row at line ${line}`, {
          details: { next: 'daybreak rejects list' },
        })
      for (const row of rows) await call.output.record(row)
    }
    await withDaybreak(call, look, { readOnlyWarehouse: true })
  },
})

const replay = command({
  name: 'rejects replay',
  description: 'Transform the landed files again, after a contract was corrected, and load what is accepted now.',
  args: { ...PIPELINE_ARG, ...SCOPE_ARGS },
  async run(call) {
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
        call,
      )
    })
  },
})

/** Rows that could not be accepted. */
export const rejects = group({
  name: 'rejects',
  description: 'Look at rejected rows, and replay them after a correction.',
  commands: { list: async () => list, show: async () => show, replay: async () => replay },
})
