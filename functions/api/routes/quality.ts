import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import { addDays, countDays } from '../../lib/business-date.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import { defaultRange } from '../../pipeline/views/status.ts'
import { instantText, nameOfShard, shardFilter, shardsOf } from '../answers.ts'
import type { HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { QUALITY_ROUTES } from '../contract/quality.ts'
import { ByNumber, BySlice, fromPageToken, toPageToken } from '../pages.ts'
import { findStream } from './find-stream.ts'

const MOST_WINDOWS = 92
const WEEKS = 8

/** Handlers of checks and trends. */
export const QUALITY_HANDLERS: Omit<
  HandlersOf<typeof QUALITY_ROUTES>,
  'GET /api/profiles/{stream}' | 'GET /api/checks/{stream}/explanation' | 'GET /api/quality'
> = {
  'GET /api/checks/{stream}': async ({ path, query, principal }, context) => {
    const { definition } = findStream(path.stream, query.pipeline, context)
    const range = await rangeOf(definition, query, context)
    const filter = {
      pipeline: definition.name,
      ...range,
      ...shardFilter(principal),
      streams: [path.stream],
      ...(query.check !== undefined && { check: query.check }),
    }
    const names = shardsOf(definition)
    if (!query.failed) {
      const { check: _, ...all } = { check: '', ...filter }
      const results = (await context.ledger.checks(all)).filter(
        ({ check }) => query.check === undefined || check === query.check,
      )
      const { from = 0 } = fromPageToken(query.pageToken, filter, ByNumber) ?? {}
      const next = results.length > from + query.pageSize ? { from: from + query.pageSize } : null
      return {
        body: {
          checks: results
            .toReversed()
            .slice(from, from + query.pageSize)
            .map((one) => checkAnswer(one, names)),
          nextPageToken: toPageToken(next, filter),
        },
      }
    }
    const after = fromPageToken(query.pageToken, filter, BySlice.extend({ position: z.int() }))
    const { rows, next } = await context.ledger.reads.checkPage({
      ...filter,
      limit: query.pageSize,
      ...(after && { after }),
    })
    return { body: { checks: rows.map((one) => checkAnswer(one, names)), nextPageToken: toPageToken(next, filter) } }
  },
  'GET /api/quality/{stream}': async ({ path, query, principal }, context) => {
    const { definition } = findStream(path.stream, query.pipeline, context)
    // Rows by day are of all shards; a caller of some gets the results of checks, and no sums of the others.
    if (principal.shards !== null) throw new DaybreakError('FORBIDDEN', 'trends are of all locations together')
    const range = await rangeOf(definition, query, context)
    const { reads } = context.ledger
    const [days, groups, failures] = await Promise.all([
      reads.streamDays({ pipeline: definition.name, from: addDays(range.from, -7 * WEEKS), to: range.to }),
      reads.checkGroups({ pipeline: definition.name, ...range }),
      reads.checkDays({ pipeline: definition.name, ...range, stream: path.stream }),
    ])
    const own = days.filter(({ stream }) => stream === path.stream)
    const rowsOn = new Map(own.map(({ window, rows }) => [window, rows]))
    const byWindow = Map.groupBy(failures, ({ window }) => window)
    const failed = groups.filter(({ stream }) => stream === path.stream)
    const points = own
      .filter(({ window }) => window >= range.from)
      .map(({ window, rows, rejects }) => ({
        window,
        rows,
        rejected: rejects,
        rejectedPerThousand: rows + rejects === 0 ? 0 : Math.round((rejects / (rows + rejects)) * 1e6) / 1e3,
        failedChecks: (byWindow.get(window) ?? []).reduce((sum, { slices }) => sum + slices, 0),
        usualRows: usual(window, rowsOn),
      }))
    return {
      body: {
        stream: path.stream,
        sentence: trendSentence(points),
        points,
        checks: failed.map(({ check, rule, failed: count, last }) => ({
          check,
          rule,
          failed: count,
          lastFailed: last,
        })),
        failures: failures.map((one) => ({ ...one })),
      },
    }
  },
}

type Checked = Awaited<ReturnType<ApiContext['ledger']['checks']>>[number]

function checkAnswer(one: Checked, names: ReturnType<typeof shardsOf>) {
  const { window, shard, check, rule, state, effect, tested, failed, message, at } = one
  return {
    ...{ window, shard, check, rule, state, effect, tested, failed, message },
    shardName: nameOfShard(names, shard),
    at: instantText(at),
  }
}

/** Days of a request, the last 31 unless it says. @throws {DaybreakError} REQUEST_INVALID. */
export async function rangeOf(
  definition: PipelineDefinition,
  { from, to }: { readonly from?: string | undefined; readonly to?: string | undefined },
  context: ApiContext,
) {
  const usualRange = await defaultRange(definition, context.ports)
  const last = to ?? usualRange.to
  const range = { from: from ?? addDays(last, -30), to: last }
  const days = countDays(range.from, range.to)
  if (days >= 1 && days <= MOST_WINDOWS) return range
  throw invalid(`from, to: ${range.from} to ${range.to} are ${days} windows; expected 1 to ${MOST_WINDOWS}`)
}

/** Median of the same weekday in the weeks before; null without any. */
function usual(window: string, rowsOn: ReadonlyMap<string, number>): number | null {
  const date = Temporal.PlainDate.from(window)
  const before = Array.from({ length: WEEKS }, (_, week) => date.subtract({ weeks: week + 1 }).toString())
  const rows = before.flatMap((day) => rowsOn.get(day) ?? []).toSorted((a, b) => a - b)
  return rows[Math.floor((rows.length - 1) / 2)] ?? null
}

function trendSentence(
  points: readonly { readonly rows: number; readonly rejected: number; readonly window: string }[],
): string {
  const rows = points.reduce((sum, point) => sum + point.rows, 0)
  const rejected = points.reduce((sum, point) => sum + point.rejected, 0)
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return 'Nothing was loaded in this range.'
  return `${rows.toLocaleString('en-US')} rows and ${rejected.toLocaleString('en-US')} rejected from ${first.window} to ${last.window}.`
}
