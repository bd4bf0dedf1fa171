import { rejectsTable } from '../../engine/rejects/rejects.ts'
import { invalid } from '../../http/problem.ts'
import { addDays, countDays, localDate } from '../../lib/business-date.ts'
import { dayOfWindow } from '../../lib/window-unit.ts'
import { type PipelineDefinition, streamsOf, windowsIn } from '../../pipeline/definition.ts'
import { type Table, warehouseOf } from '../../pipeline/destination.ts'
import { isTables } from '../../pipeline/tables/tools.ts'
import { listRejects, rejectedDays } from '../../pipeline/views/rejects.ts'
import { listTableRejects } from '../../pipeline/views/table-rejects.ts'
import { windowOfText } from '../../sql/window-literal.ts'
import { begunRun, expectKnown, expectVisible, findDefinition, runKey, shardFilter } from '../answers.ts'
import type { ApiCall, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { REJECT_ROUTES } from '../contract/rejects.ts'
import { ByNumber, fromPageToken, toPageToken } from '../pages.ts'

const MOST_WINDOWS = 92
/** Rows that groups are made of; a stream with more has one cause for most of them. */
const MOST_GROUPED = 20_000

/** Handlers of rejected rows. */
export const REJECT_HANDLERS: HandlersOf<typeof REJECT_ROUTES> = {
  'GET /api/rejects': async ({ query, principal }, context) => {
    const definition = findDefinition(context, query.pipeline)
    const { pageSize, pageToken, rule, column, ...rest } = query
    const place = { ...rest, rule, column }
    const { from = 0 } = fromPageToken(pageToken, place, ByNumber) ?? {}
    const rows = (await rowsOf(definition, { query, principal }, context, MOST_GROUPED)).filter(
      (row) => (rule === undefined || row.rule === rule) && (column === undefined || row.column === column),
    )
    const next = rows.length > from + pageSize ? { from: from + pageSize } : null
    return { body: { rejects: rows.slice(from, from + pageSize), nextPageToken: toPageToken(next, place) } }
  },
  'GET /api/rejects/groups': async ({ query, principal }, context) => {
    const definition = findDefinition(context, query.pipeline)
    const rows = await rowsOf(definition, { query, principal }, context, MOST_GROUPED)
    const groups = [...Map.groupBy(rows, (row) => JSON.stringify(groupKey(row, query.by)))].map(([key, own]) => ({
      key: JSON.parse(key) as Record<string, string>,
      ...groupOf(own),
    }))
    return { body: { groups: groups.toSorted((a, b) => b.count - a.count) } }
  },
  'POST /api/rejects:replay': async ({ body, principal, settle, write }, context) => {
    const definition = findDefinition(context, body.pipeline)
    if (isTables(definition))
      throw invalid(`pipeline: ${definition.name} copies tables; \`POST /api/runs\` reads their rows again`)
    expectVisible(principal, body.shards)
    expectKnown('streams', body.streams, streamsOf(definition))
    const scope = {
      ...(body.windows.length > 0 && { windows: body.windows }),
      ...shardFilter(principal, body.shards),
      ...(body.streams.length > 0 && { streams: body.streams }),
    }
    const begun = await begunRun({ write }, definition.name, context)
    const days = begun?.scope.perShard ?? (await rejectedDays(definition.name, scope, context.ledger))
    const slices = days.reduce((sum, { windows }) => sum + windows.length, 0)
    const shards = days.map(({ shard }) => shard)
    const narrowed = { ...scope, perShard: days, shards, fromArchive: true, rejectedOnly: true, by: principal.name }
    const run =
      begun ??
      (days.length === 0
        ? null
        : await context.start({ pipeline: definition.name, trigger: 'http', scope: narrowed, ...runKey({ write }) }))
    const runId = run?.id ?? null
    const entry = { action: 'rejects.replay', subject: definition.name, details: body.reason, after: { runId } }
    return await settle(entry, { body: { runId, slices } })
  },
}

interface Asked {
  readonly query: Pick<ApiCall<'GET /api/rejects'>['query'], 'from' | 'to' | 'window' | 'shard' | 'stream'>
  readonly principal: ApiCall['principal']
}

async function rowsOf(definition: PipelineDefinition, { query, principal }: Asked, context: ApiContext, limit: number) {
  if (isTables(definition)) return await tableRowsOf(definition.name, { query, principal }, context, limit)
  const table = rejectsTable(definition.name, definition.contracts.values())
  const windows = query.window.length > 0 ? query.window : windowsOf(definition, query, context.now())
  const { shards } = shardFilter(principal, query.shard)
  // A condition that matches nothing is no SQL.
  if (shards?.length === 0) return []
  const rows = await listRejects(warehouseOf(context.ports, definition.name), table, {
    windows,
    ...(shards && { shards }),
    ...(query.stream.length > 0 && { streams: query.stream }),
    limit,
  })
  return rows.map((row) => rejectAnswer(row, table))
}

/** Rejects of windows of tables, which are no days: a range of days leaves none of them out. */
async function tableRowsOf(pipeline: string, { query, principal }: Asked, context: ApiContext, limit: number) {
  const streams = query.stream.length > 0 && { streams: query.stream }
  const windows = query.window.length > 0 && { windows: query.window }
  const filter = { pipeline, ...windows, ...shardFilter(principal, query.shard), ...streams, limit }
  const { rows } = await listTableRejects(filter, { ledger: context.ledger, partRows: context.partRows })
  return rows.map((row) => rejectAnswer(row, { partitionColumn: 'window', shardColumn: 'shard' }))
}

function windowsOf(definition: PipelineDefinition, { from, to }: Asked['query'], now: number): readonly string[] {
  const last = to ?? localDate(now, 'UTC')
  const first = from ?? addDays(dayOfWindow(last), 1 - MOST_WINDOWS)
  const days = countDays(dayOfWindow(first), dayOfWindow(last))
  if (days >= 1 && days <= MOST_WINDOWS) return windowsIn(definition, { from: first, to: last })
  throw invalid(`from, to: ${first} to ${last} are ${days} windows; expected 1 to ${MOST_WINDOWS}`)
}

type Row = Readonly<Record<string, string | null>>
type Reject = ReturnType<typeof rejectAnswer>

function rejectAnswer(row: Row, { partitionColumn, shardColumn }: Pick<Table, 'partitionColumn' | 'shardColumn'>) {
  const line = row['line'] ?? null
  return {
    window: partitionColumn === null ? null : windowOfText(row[partitionColumn] ?? '') || null,
    shard: shardColumn === null ? null : (row[shardColumn] ?? null),
    stream: row['stream'] ?? '',
    file: row['source_file'] ?? row['file'] ?? null,
    line: line === null ? null : Number(line),
    column: row['column'] ?? null,
    rule: row['rule'] ?? null,
    value: row['value'] ?? null,
    message: row['message'] ?? null,
    row: { ...row },
  }
}

function groupKey({ stream, rule, column, shard }: Reject, by: 'rule' | 'column' | 'stream' | 'location') {
  if (by === 'location') return { location: shard ?? '' }
  if (by === 'stream') return { stream }
  if (by === 'column') return { stream, column: column ?? '' }
  return { stream, rule: rule ?? '', column: column ?? '' }
}

function groupOf(rows: readonly Reject[]) {
  const windows = [...Map.groupBy(rows, ({ window }) => window ?? '')]
    .map(([window, own]) => ({ window, count: own.length }))
    .filter(({ window }) => window !== '')
    .toSorted((a, b) => (a.window < b.window ? -1 : 1))
  return {
    count: rows.length,
    slices: new Set(rows.map(({ window, shard, stream }) => `${window}/${shard}/${stream}`)).size,
    firstSeen: windows[0]?.window ?? null,
    lastSeen: windows.at(-1)?.window ?? null,
    trend: windows,
    sample: rows[0] ?? null,
  }
}
