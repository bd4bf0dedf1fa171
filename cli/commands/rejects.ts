import { rejectsTable } from '../../functions/engine/rejects.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { hasRejects, listRejects } from '../../functions/pipeline/rejects.ts'
import { command, group } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { PIPELINE_ARG, SCOPE_ARGS, toScope } from '../scope.ts'
import { readCount } from '../values.ts'
import { runNow } from './run.ts'

const ARGS = {
  ...PIPELINE_ARG,
  ...SCOPE_ARGS,
  limit: { type: 'string', default: '50', valueHint: 'N', description: 'At most so many.' },
} as const

const list = command({
  name: 'rejects list',
  description: 'List rows that could not be accepted: file, line, column, value, rule.',
  args: ARGS,
  examples: ['daybreak rejects list --date 2025-02-05 --stream order_details'],
  async run(call) {
    await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const scope = toScope(call.args, definition)
      const limit = readCount('--limit', call.args.limit, { min: 1, max: 1_000_000 })
      const rows = await listRejects(daybreak.ports.warehouse, rejectsTable(definition.name), { ...scope, limit })
      await call.output.rows({
        columns: [
          'business_date',
          'location_id',
          'stream',
          { key: 'line', align: 'right' },
          'column',
          'value',
          'rule',
          'message',
        ],
        rows,
        empty: 'No rejected rows.',
      })
    })
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
    await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const rows = await listRejects(daybreak.ports.warehouse, rejectsTable(definition.name), {
        ...toScope(call.args, definition),
        line,
        limit: 100,
      })
      if (rows.length === 0)
        throw new DaybreakError('NOT_FOUND', `no rejected row at line ${line}`, {
          details: { next: 'daybreak rejects list' },
        })
      for (const row of rows) await call.output.record(row)
    })
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
      const rejected = await daybreak.ports.ledger.slices({
        pipeline: definition.name,
        ...(scope.dates && { dates: scope.dates }),
        ...(scope.locations && { locations: scope.locations }),
        ...(scope.streams && { streams: scope.streams }),
      })
      const byLocation = Map.groupBy(rejected.filter(hasRejects), ({ location }) => location)
      const days = [...byLocation].map(([location, slices]) => ({
        location,
        dates: [...new Set(slices.map(({ date }) => date))],
      }))
      if (days.length === 0) {
        await call.output.text('Nothing to replay: no slice has rejected rows.')
        return 0
      }
      return await runNow(
        {
          pipeline: definition.name,
          trigger: 'cli',
          scope: { ...scope, days, locations: [...byLocation.keys()], fromArchive: true, rejectedOnly: true },
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
