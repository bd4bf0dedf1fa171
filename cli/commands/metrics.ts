import { withApi } from '../api.ts'
import { command } from '../command.ts'
import { SCOPE_ARGS } from '../scope.ts'
import { readFirstDay, readLastDay } from '../values.ts'

/** A figure over time. */
export const metrics = command({
  name: 'metrics',
  remote: 'served',
  description: 'Print a figure over time: rows, rejected rows, lateness, time of runs, bytes, cost.',
  args: {
    series: {
      type: 'enum',
      options: ['rows', 'rejects', 'lateness', 'duration', 'bytes', 'cost'],
      default: 'rows',
      description: 'Figure. `rejects` are per thousand rows, `lateness` and `duration` are seconds.',
    },
    by: {
      type: 'enum',
      options: ['day', 'weekday', 'stream', 'location'],
      default: 'day',
      description: 'One line for each. `duration` and `cost` are known by day.',
    },
    pipeline: { type: 'string', valueHint: 'NAME', description: 'Pipeline. Optional if there is only one.' },
    location: SCOPE_ARGS.location,
    from: { type: 'string', valueHint: 'DAY', description: 'First window: a day, an ISO week or a month.' },
    to: { type: 'string', valueHint: 'DAY', description: 'Last window, of a week or month its last day.' },
  },
  examples: ['daybreak metrics', 'daybreak metrics --series lateness --by location --from 2025-02-01 --to 2025-02-28'],
  async run(call) {
    const { series, by, pipeline, location, from, to } = call.args
    const query = {
      ...{ series, by, shard: [...location] },
      ...(pipeline !== undefined && { pipeline }),
      ...(from !== undefined && { from: readFirstDay('--from', from) }),
      ...(to !== undefined && { to: readLastDay('--to', to) }),
    }
    await withApi(call, async (api) => {
      const { unit, points } = await api('GET /api/metrics', { query })
      await call.output.rows({
        columns: [by, { key: 'value', align: 'right' }, 'unit'],
        rows: points.map(({ key, value }) => ({ [by]: key, value, unit })),
        empty: 'Nothing is known of these days.',
      })
    })
  },
})
