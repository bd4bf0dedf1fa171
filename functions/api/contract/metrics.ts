import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { DAYS, many, Name, Shard } from './values.ts'

const SERIES = ['rows', 'rejects', 'lateness', 'duration', 'bytes', 'cost'] as const
const BY = ['day', 'weekday', 'stream', 'location'] as const

/** Routes of figures. */
export const METRIC_ROUTES = {
  'GET /api/metrics': route({
    summary:
      'A figure over time, by stream or by location; with `Accept: text/plain` all present figures for Prometheus.',
    role: 'viewer',
    scope: 'cut',
    query: z.object({
      pipeline: Name.optional(),
      series: z
        .enum(SERIES)
        .default('rows')
        .describe('`lateness` and `duration` in seconds, `rejects` per thousand rows, `cost` in US dollars.'),
      by: z
        .enum(BY)
        .default('day')
        .describe('`location` means a shard of any pipeline; a `weekday` is `1` for Monday to `7`.'),
      shard: many(Shard),
      ...DAYS,
    }),
    answer: z.object({
      series: z.enum(SERIES),
      by: z.enum(BY),
      unit: z.string(),
      points: z.array(z.object({ key: z.string(), value: z.number().nullable() })),
    }),
    types: ['text/plain'],
    errors: ['REQUEST_INVALID', 'NOT_FOUND'],
    examples: [
      { title: 'Rows by day', query: { series: 'rows', by: 'day' } },
      {
        title: 'How late is a location on which weekday?',
        query: { series: 'lateness', by: 'weekday', shard: EXAMPLE.shard },
      },
    ],
  }),
} as const
