import { setImmediate } from 'node:timers/promises'
import { invalid } from '../../http/problem.ts'
import { addDays, countDays } from '../../lib/business-date.ts'
import { timeOf } from '../../lib/window-time.ts'
import { windowHolding } from '../../lib/window-unit.ts'
import { cutOf, isOptional, type PipelineDefinition, streamsOf, windowsIn } from '../../pipeline/definition.ts'
import type { BusinessDate, SliceState } from '../../pipeline/entities.ts'
import { type Matrix, CELLS as STORED } from '../../pipeline/people/reads.ts'
import { isTables } from '../../pipeline/tables/tools.ts'
import { askCompleteness } from '../../pipeline/views/completeness.ts'
import { headlineOf } from '../../pipeline/views/headline.ts'
import { UNRESOLVED } from '../../pipeline/views/incidents.ts'
import { defaultRange, type MatrixRow } from '../../pipeline/views/status.ts'
import { readTimes } from '../../pipeline/window-times.ts'
import { findDefinition, instantText, optionalInstant, reasonAnswer, shardFilter, wordsAnswer } from '../answers.ts'
import type { Answered, ApiCall, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import { type STATUS_ROUTES, VERDICTS } from '../contract/status.ts'
import { type MatrixColumn, type WholeMatrix, wholeMatrix } from '../matrix.ts'
import { ByDay, fromPageToken, toPageToken } from '../pages.ts'
import { listed, tablesAnswer } from './status-tables.ts'

const MOST_WINDOWS = 31
/** Three weeks. */
const MOST_HOURS = 504
/** Two years and a week, for the calendar of one shard. */
const MOST_OF_ONE = 740
/** Windows of tables, which may be many a day. */
const MOST_OF_TABLES = 366
/** Windows that the list walks through at most: ten years. */
const MOST_LISTED = 3_660
const MOST_DISPUTES = 200

type StatusCall = ApiCall<'GET /api/status'>

/** Handlers of the matrix. */
export const STATUS_HANDLERS: HandlersOf<typeof STATUS_ROUTES> = {
  'GET /api/status': async (call, context) => {
    const definition = findDefinition(context, call.query.pipeline)
    const range = await rangeOf(definition, call, context)
    const filter = { pipeline: definition.name, ...range, ...shardFilter(call.principal, call.query.shard) }
    const streams = streamsOf(definition)
    const { reads } = context.ledger
    // The cursor is read first: a change that comes meanwhile is reported twice, never lost.
    const { cursor } = await reads.changesAfter(null)
    // One after the other, with turns of the event loop: an embedded ledger answers each in one go.
    const stored = await reads.matrix({ ...filter, streams })
    const disputes = await reads.checkPage({ ...filter, states: ['fail'], limit: MOST_DISPUTES })
    await setImmediate()
    const open = await reads.incidentPage({ states: UNRESOLVED, ...shardFilter(call.principal), limit: 500 })
    await setImmediate()
    const windows = windowsOf(definition, range, stored)
    const times = await readTimes(definition.name, windows, context.ledger)
    const asked = { windows, times, now: context.now(), ...shardFilter(call.principal, call.query.shard) }
    const matrix = narrowed(await wholeMatrix(definition, stored, asked), call.query.state)
    const words = wordsAnswer(definition)
    const tables = isTables(definition) ? await tablesAnswer(definition, call, context) : null
    return {
      body: {
        asOf: instantText(context.now()),
        cursor,
        pipeline: definition.name,
        words,
        ...range,
        sentence: tables?.sentence ?? sentenceOf(matrix, words, context.now()),
        headline: await headlineAnswer(definition, newestOf(matrix.columns), filter, context),
        streams: streams.map((name) => ({
          name,
          description: definition.contracts.get(name)?.description ?? tableNamed(definition, name),
          optional: isOptional(definition, name),
        })),
        shards: matrix.shards.map(({ id, name, timeZone, closeoutHour }) => ({
          id,
          name,
          timeZone,
          closeout: closeoutHour === null ? null : `${String(closeoutHour).padStart(2, '0')}:00`,
        })),
        windows: matrix.columns.map((column) => ({
          window: column.window,
          at: instantText(timeOf(column.window, times)),
          cells: column.cells,
          verdicts: column.verdicts,
          dueAt: column.dueAt.map(optionalInstant),
          lateAt: column.lateAt.map(optionalInstant),
          goneAt: column.goneAt.map(optionalInstant),
        })),
        counts: { ...(tables?.counts ?? verdictCounts(matrix.columns)), cells: stateCounts(stored) },
        tables: tables?.tables ?? null,
        nextAt: tables?.nextAt ?? null,
        disputes: disputes.rows
          .filter(({ effect }) => effect === 'dispute')
          .map(({ shard, window, stream, check, rule, message }) => ({ shard, window, stream, check, rule, message })),
        incidents: {
          open: open.rows.length,
          errors: open.rows.filter(({ severity }) => severity === 'error').length,
        },
      },
    }
  },
  'GET /api/status/days': listDays,
}

/** The matrix in words, some windows at a time. */
async function listDays(
  { query, principal }: ApiCall<'GET /api/status/days'>,
  context: ApiContext,
): Promise<Answered<'GET /api/status/days'>> {
  const definition = findDefinition(context, query.pipeline)
  const usual = await defaultRange(definition, context.ports)
  const range = { from: windowHolding(query.from ?? usual.from, cutOf(definition)), to: query.to ?? usual.to }
  if (countDays(range.from, range.to) > MOST_LISTED)
    throw invalid(`from, to: ${range.from} to ${range.to} are more than ${MOST_LISTED} windows`)
  const shards = shardFilter(principal, query.shard)
  const place = { pipeline: definition.name, ...range, ...shards }
  const { from = range.from } = fromPageToken(query.pageToken, place, ByDay) ?? {}
  const last = addDays(from, query.pageSize - 1)
  const isLast = last >= range.to
  const asked = { from, to: isLast ? range.to : last, ...shards }
  const answer = await askCompleteness(definition, asked, context.ports)
  return {
    body: {
      pipeline: definition.name,
      words: wordsAnswer(definition),
      hasSource: definition.hasSource,
      streams: streamsOf(definition).map((name) => ({ name, optional: isOptional(definition, name) })),
      days: answer.rows.map(dayAnswer),
      disputes: answer.disputes.map(({ shard, window, stream, check, rule, message }) => ({
        ...{ shard, window, stream, check, rule, message },
      })),
      found: [...answer.found],
      unread: [...answer.unread],
      reason: reasonAnswer(answer.reason),
      nextPageToken: isLast ? null : toPageToken({ from: addDays(last, 1) }, place),
    },
  }
}

function dayAnswer({ shard, name, window, verdict, cells, expiry }: MatrixRow) {
  return {
    ...{ shard, name, window },
    verdict: verdict.state,
    isBalanced: verdict.balanced,
    isAgreed: verdict.agreed,
    reason: reasonAnswer(verdict.reason),
    states: Object.fromEntries(cells),
    goneAt: optionalInstant(expiry),
  }
}

async function rangeOf(definition: PipelineDefinition, { query }: StatusCall, context: ApiContext) {
  const usual = await defaultRange(definition, context.ports)
  const to = query.to ?? (query.from === undefined ? usual.to : later(usual.to, query.from))
  const first = query.from ?? (query.to === undefined ? usual.from : addDays(to, -6))
  const { unit } = cutOf(definition)
  const range = { from: windowHolding(first, cutOf(definition)), to }
  const windows = countDays(first, to) > MOST_LISTED ? MOST_LISTED : windowsIn(definition, range).length
  const most = query.shard.length === 1 ? MOST_OF_ONE : unit === 'hour' ? MOST_HOURS : MOST_WINDOWS
  if (windows >= 1 && windows <= most) return range
  throw invalid(`from, to: ${range.from} to ${to} are ${windows} windows; expected 1 to ${most}`)
}

/** Windows that a range shows: those of the calendar, or those that a table had. */
function windowsOf(
  definition: PipelineDefinition,
  range: { readonly from: BusinessDate; readonly to: BusinessDate },
  stored: Matrix,
): readonly BusinessDate[] {
  if (!isTables(definition)) return windowsIn(definition, range)
  return stored.windows.map(({ window }) => window).slice(-MOST_OF_TABLES)
}

function tableNamed(definition: PipelineDefinition, stream: string): string {
  return isTables(definition) ? (definition.config.tables[stream]?.from ?? '') : ''
}

function later(a: BusinessDate, b: BusinessDate): BusinessDate {
  return a > b ? a : b
}

/** The matrix with only those shards that have a window of this verdict. */
function narrowed(matrix: WholeMatrix, state: 'incomplete' | 'disputed' | undefined): WholeMatrix {
  if (state === undefined) return matrix
  const { streams, shards, columns } = matrix
  const kept = shards.flatMap((_, at) => (columns.some(({ verdicts }) => verdicts[at] === VERDICTS[state]) ? [at] : []))
  const pick = <Value>(values: readonly Value[]) => kept.flatMap((at) => values.slice(at, at + 1))
  return {
    streams,
    shards: pick(shards),
    columns: columns.map(({ window, cells, verdicts, dueAt, lateAt, goneAt }) => ({
      window,
      cells: kept.map((at) => cells.slice(at * streams.length, (at + 1) * streams.length)).join(''),
      verdicts: kept.map((at) => verdicts[at] ?? '').join(''),
      dueAt: pick(dueAt),
      lateAt: pick(lateAt),
      goneAt: pick(goneAt),
    })),
  }
}

/** Slices by state, out of the letters that the ledger gave. */
function stateCounts({ windows }: Matrix): Partial<Record<SliceState, number>> {
  const counts: Partial<Record<SliceState, number>> = {}
  for (const { cells } of windows)
    for (const letter of cells) {
      const state = STATE_OF.get(letter)
      if (state !== undefined) counts[state] = (counts[state] ?? 0) + 1
    }
  return counts
}

const STATE_OF: ReadonlyMap<string, SliceState> = new Map<string, SliceState>([
  ...Object.entries(STORED).map(([state, letter]) => [letter, state as SliceState] as const),
  ['~', 'loaded'],
])

function verdictCounts(columns: readonly MatrixColumn[]) {
  const all = columns.map(({ verdicts }) => verdicts).join('')
  const count = (letter: string) => all.split(letter).length - 1
  return {
    complete: count(VERDICTS.complete),
    incomplete: count(VERDICTS.incomplete),
    disputed: count(VERDICTS.disputed),
  }
}

/** The newest window of which something is due. */
function newestOf(columns: readonly MatrixColumn[]): MatrixColumn | undefined {
  return columns.findLast(({ verdicts }) => verdicts.trim() !== '')
}

/** The main amount of one window, over the shards that the caller may see. */
async function headlineAnswer(
  definition: PipelineDefinition,
  newest: MatrixColumn | undefined,
  { shards }: { readonly shards?: readonly string[] },
  { ledger }: ApiContext,
) {
  const stream = definition.config.headline?.stream
  if (stream === undefined || newest === undefined) return null
  const filter = { pipeline: definition.name, windows: [newest.window], streams: [stream], states: ['loaded'] as const }
  const slices = await ledger.slices({ ...filter, ...(shards && { shards }) })
  const headline = headlineOf(definition, slices)
  return headline && { ...headline, window: newest.window }
}

/** About the newest window of which something is due. */
function sentenceOf({ shards, columns }: WholeMatrix, words: ReturnType<typeof wordsAnswer>, now: number): string {
  const newest = newestOf(columns)
  if (!newest) return `Nothing is known of these ${words.window.many} yet.`
  const due = shards.filter((_, at) => newest.verdicts[at] !== VERDICTS.none)
  const open = shards.filter((_, at) => newest.verdicts[at] === VERDICTS.incomplete)
  const disputed = shards.filter((_, at) => newest.verdicts[at] === VERDICTS.disputed)
  const complete = due.length - open.length - disputed.length
  const isLate = (at: number) => (newest.lateAt[at] ?? Number.NEGATIVE_INFINITY) <= now
  const late = open.filter((shard) => isLate(shards.indexOf(shard)))
  const noun = due.length === 1 ? words.shard.one : words.shard.many
  return [
    `${complete} of ${due.length} ${noun} ${complete === 1 ? 'is' : 'are'} complete for ${newest.window}.`,
    ...(open.length > 0
      ? [`${late.length === open.length ? 'Incomplete' : 'Not complete yet'}: ${listed(open)}.`]
      : []),
    ...(disputed.length > 0 ? [`Files disagree: ${listed(disputed)}.`] : []),
    ...earlierSentence(columns.slice(0, columns.indexOf(newest)), words),
  ].join(' ')
}

/** Windows before the newest that lack something. */
function earlierSentence(
  columns: readonly MatrixColumn[],
  { window }: ReturnType<typeof wordsAnswer>,
): readonly string[] {
  const open = columns.filter(({ verdicts }) => /[id]/.test(verdicts)).map((column) => ({ name: column.window }))
  if (open.length === 0) return []
  return [
    `${open.length} earlier ${open.length === 1 ? `${window.one} is` : `${window.many} are`} not complete: ${listed(open)}.`,
  ]
}
