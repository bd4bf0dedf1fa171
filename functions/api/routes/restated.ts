import { maySee } from '../../access/decide.ts'
import { changedTotals, type Restated, restatedSince } from '../../pipeline/views/restated.ts'
import { diffRows } from '../../pipeline/views/slice-diff.ts'
import { findDefinition, instantText, toInstant } from '../answers.ts'
import type { ApiCall, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { DAY_SHEET_ROUTES } from '../contract/day-sheet.ts'

const MOST_ROWS = 10_000

type Routes = Pick<typeof DAY_SHEET_ROUTES, 'GET /api/restated' | 'GET /api/restated/rows'>
type Asked = Pick<ApiCall<'GET /api/restated'>, 'query' | 'principal'>

/** Handlers of changes since the tables were reported. */
export const RESTATED_HANDLERS: HandlersOf<Routes> = {
  'GET /api/restated': async (call, context) => {
    const { definition, since, restated, unknown } = await changesOf(call, context)
    return {
      body: {
        pipeline: definition.name,
        since: instantText(since),
        restated: restated.map((each) => ({
          ...placeOf(each),
          ...{ change: each.change, before: each.before?.part.rows ?? 0, now: each.now?.part.rows ?? 0 },
          totals: { ...changedTotals(each) },
        })),
        unknown: unknown.map(({ stream, window, at }) => ({ stream, window, from: instantText(at) })),
      },
    }
  },
  'GET /api/restated/rows': async (call, context) => {
    const { definition, restated } = await changesOf(call, context)
    const rows: ReturnType<typeof cellsOf>[number][] = []
    for (const each of restated) {
      const key = definition.contracts.get(each.stream)?.key ?? []
      rows.push(...cellsOf(each, await rowsOf(each, key, context)))
      if (rows.length > MOST_ROWS) break
    }
    return { body: { rows: rows.slice(0, MOST_ROWS), isWhole: rows.length <= MOST_ROWS } }
  },
}

async function changesOf({ query, principal }: Asked, context: ApiContext) {
  const definition = findDefinition(context, query.pipeline)
  const since = toInstant(query.since.includes('T') ? query.since : `${query.since}T00:00:00Z`)
  const { restated, unknown } = await restatedSince(definition.name, since, context.ports)
  return { definition, since, restated: restated.filter(({ shard }) => maySee(principal, shard)), unknown }
}

function placeOf({ stream, shard, window }: Restated) {
  return { stream, shard, window }
}

async function rowsOf({ before, now }: Restated, key: readonly string[], context: ApiContext) {
  const [old, own] = await Promise.all([before, now].map((entry) => entry && context.partRows(entry.part.object)))
  const columns = own?.columns ?? old?.columns ?? []
  const none = { columns, rows: [] }
  const totals = { before: {}, after: {} }
  const ownKey = key.filter((name) => columns.includes(name))
  return diffRows({ before: old ?? none, after: own ?? none, key: ownKey, totals, most: MOST_ROWS }).rows
}

function cellsOf(restated: Restated, rows: Awaited<ReturnType<typeof rowsOf>>) {
  return rows.flatMap(({ kind, key, columns }) =>
    Object.entries(columns).map(([column, { from, to }]) => ({
      ...placeOf(restated),
      ...{ change: kind, key, column, from, to },
    })),
  )
}
