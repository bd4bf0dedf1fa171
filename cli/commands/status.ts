import type { ApiAnswer, ApiClient } from '../../functions/api/contract/client.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { countDays } from '../../functions/lib/business-date.ts'
import { quoteName } from '../../functions/lib/plain-name.ts'
import { remedyOf, verifyRange } from '../../functions/pipeline/load/verify.ts'
import { gravest } from '../../functions/pipeline/steps/verdict.ts'
import { defaultRange } from '../../functions/pipeline/views/status.ts'
import { askPipeline, eachPage, expectLocal, withApi } from '../api.ts'
import type { Cell, Row } from '../cell.ts'
import { type Call, command } from '../command.ts'
import { exitCodeOf } from '../exit-code.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import type { Output } from '../output.ts'
import { PIPELINE_ARG } from '../scope.ts'
import { inWords, placeColumns, shardColumn, windowColumn } from '../slice-words.ts'
import { expectNoDays, printTableStatus } from '../table-status.ts'
import { readFirstDay, readLastDay } from '../values.ts'

const MOST_DAYS = 3_660
const UNEQUAL = 3
const WINDOWS_OF_PAGE = 31

type Days = ApiAnswer<'GET /api/status/days'>
type Day = Days['days'][number]
type Dispute = Days['disputes'][number]
type FoundInstead = Days['found'][number]
type UnreadName = Days['unread'][number]
type Words = Days['words']
type StatusCall = Pick<Call<{ readonly pipeline: string | undefined }>, 'args' | 'options' | 'context' | 'output'>

const DAY_TONES: Partial<Record<string, 'good' | 'bad' | 'warn'>> = {
  complete: 'good',
  incomplete: 'warn',
  disputed: 'bad',
}

const TONES: Partial<Record<string, 'good' | 'bad' | 'warn' | 'dim'>> = {
  loaded: 'good',
  held: 'bad',
  quarantined: 'bad',
  missing: 'bad',
  expected: 'warn',
  seen: 'warn',
  landed: 'warn',
  staged: 'warn',
  waived: 'dim',
  off: 'dim',
  not_due: 'dim',
  no_source: 'dim',
}

/** The completeness matrix: what arrived, what did not, and how long the server keeps it. */
export const status = command({
  name: 'status',
  remote: 'served',
  description: 'Show the completeness matrix: shard x window x stream.',
  args: {
    ...PIPELINE_ARG,
    from: {
      type: 'string',
      valueHint: 'DAY',
      description:
        'First window: a day, an ISO week or a month. Default: a week back, or the newest windows with data where no source is configured.',
    },
    to: {
      type: 'string',
      valueHint: 'DAY',
      description:
        'Last window, of a week or month its last day. Default: today, or the newest window with data where no source is configured.',
    },
    check: {
      type: 'boolean',
      description:
        'Exit with 3 when a day is disputed or a file is held back, with 4 on drift, with 5 when files are missing.',
    },
    verify: {
      type: 'boolean',
      description: 'Compare the tables with what was loaded; exit with 3 when they differ.',
    },
  },
  examples: [
    'daybreak status',
    'daybreak status --check',
    'daybreak status --verify',
    'daybreak status --from 2025-02-01 --to 2025-02-07',
    'daybreak status --from 2026-W09 --to 2026-03',
  ],
  async run(call) {
    const { args, output, context } = call
    if (args.verify) expectLocal(call, 'status', '--verify')
    const asked = {
      ...(args.from !== undefined && { from: readFirstDay('--from', args.from) }),
      ...(args.to !== undefined && { to: readLastDay('--to', args.to) }),
    }
    if (asked.from !== undefined && asked.to !== undefined) expectBounded({ from: asked.from, to: asked.to })
    const outcome = await withApi(call, async (api) => {
      const pipeline = await askPipeline(api, args.pipeline)
      if (pipeline.kind === 'table') {
        expectNoDays(args, pipeline.name)
        return await printTableStatus(pipeline.name, api, output)
      }
      const { words, ...answer } = await askDays(pipeline, asked, api)
      const complete = answer.days.filter(({ verdict }) => verdict === 'complete').length
      const now = context.clock.now()
      await output.rows({
        columns: [
          shardColumn(words),
          'name',
          windowColumn(words),
          { key: 'day', tone: (value: Cell) => DAY_TONES[String(value)] ?? null },
          ...answer.streams.map((stream) => ({ key: stream, tone: (value: Cell) => TONES[String(value)] ?? null })),
          { key: 'note' },
        ],
        rows: answer.days.map((day) => toRow(day, { now, words, ...answer })),
        empty: answer.hasSource
          ? `No ${words.window.one} in this range is due yet, or nothing is known of it. Try --from, or \`daybreak run\`.`
          : 'No source is configured, and no file of this range was imported. Try --from, or `daybreak import FOLDER`.',
      })
      await output.text(`\n${complete} of ${answer.days.length} ${words.both} are complete.`)
      if (answer.unread.length > 0) await output.text(describeUnread(answer.unread))
      if (output.format === 'table') await printFound(answer.found, words, output)
      if (output.format === 'table') await printDisputes(answer.disputes, words, output)
      return { isWhole: complete === answer.days.length, reason: answer.reason }
    })
    if (typeof outcome === 'number') return args.check ? outcome : 0
    if (args.verify && (await verifiedTables(asked, call)) > 0) return UNEQUAL
    return args.check && !outcome.isWhole ? exitCodeOf({ state: 'partial', reason: outcome.reason }) : 0
  },
})

type Range = { readonly from?: string; readonly to?: string }

/** All pages of the days of a range as one answer. */
async function askDays(
  { name, words }: { readonly name: string; readonly words: Words },
  range: Range,
  api: ApiClient,
) {
  const query = { pipeline: name, ...range }
  const pages = await Array.fromAsync(
    eachPage((page) => api('GET /api/status/days', { query: { ...query, ...page } }), WINDOWS_OF_PAGE),
  )
  const days = pages.flatMap((page) => page.days)
  const unread = [
    ...Map.groupBy(
      pages.flatMap((page) => page.unread),
      (one) => one.name,
    ),
  ]
    .map(([name, own]) => ({ name, days: own.reduce((sum, one) => sum + one.days, 0) }))
    .toSorted((a, b) => b.days - a.days || (a.name < b.name ? -1 : 1))
  return {
    ...{ words, days, unread },
    hasSource: pages.some((page) => page.hasSource),
    streams: (pages[0]?.streams ?? [])
      .filter((stream) => !stream.optional || days.some(({ states }) => stream.name in states))
      .map((stream) => stream.name),
    disputes: pages.flatMap((page) => page.disputes),
    found: pages.flatMap((page) => page.found),
    reason: gravest(pages.flatMap((page) => page.reason ?? [])),
  }
}

const NAMED = 6
const MOST_FOUND = 20

/** Names with the number of days, the most frequent first. */
function describeUnread(unread: readonly UnreadName[]): string {
  const names = unread.slice(0, NAMED).map(({ name, days }) => `${quoteName(name)} (${days})`)
  const more = unread.length > NAMED ? `, and ${unread.length - NAMED} other names` : ''
  return `Archived, with no contract that reads them: ${names.join(', ')}${more}. See daybreak slices files.`
}

/** @throws {DaybreakError} USAGE_INVALID for more days than a person can look at. */
function expectBounded<Range extends { readonly from: string; readonly to: string }>(range: Range): Range {
  const days = countDays(range.from, range.to)
  if (days <= MOST_DAYS) return range
  const message = `--from ${range.from} --to ${range.to} has ${days} days; expected ${MOST_DAYS} at most`
  throw new DaybreakError('USAGE_INVALID', message)
}

async function printFound(found: readonly FoundInstead[], words: Words, output: Output): Promise<void> {
  if (found.length === 0) return
  await output.text('\nAbsent, with something like it in its place')
  await output.rows({
    columns: [...placeColumns(words), 'stream', 'found'],
    rows: found.slice(-MOST_FOUND).map((one) => inWords(one, words)),
  })
  if (found.length > MOST_FOUND) await output.text(`and ${found.length - MOST_FOUND} more; -o json has all`)
}

async function printDisputes(disputes: readonly Dispute[], words: Words, output: Output): Promise<void> {
  if (disputes.length === 0) return
  await output.text('\nDisputed: these files are loaded, and disagree beyond tolerance')
  await output.rows({
    columns: [...placeColumns(words), 'check', 'rule', 'message'],
    rows: disputes.map(({ shard, window, check, rule, message }) =>
      inWords({ shard, window, check, rule, message }, words),
    ),
  })
}

/** Says which tables of the range are not what was loaded, and what mends each. Returns how many. */
async function verifiedTables(asked: Range, call: StatusCall): Promise<number> {
  const { args, output } = call
  return await withDaybreak(call, async (daybreak) => {
    const definition = findPipeline(daybreak, args.pipeline)
    const range = expectBounded({ ...(await defaultRange(definition, daybreak.ports)), ...asked })
    const found = await verifyRange(definition, range, daybreak.ports)
    for (const { message, window: date } of found.mismatches)
      await output.text(`[NOT_RECONCILED] ${message}; ${remedyOf(definition.name, date)}`)
    await output.text(
      `${found.verified - found.mismatches.length} of ${found.verified} partitions equal what was loaded.`,
    )
    return found.mismatches.length
  })
}

function noteOf({ verdict, goneAt, states }: Day, { disputes, now, hasSource }: RowContext): string {
  if (verdict === 'complete') return ''
  if (verdict === 'disputed') return `disputed by ${disputes.map(({ check }) => check).join(', ')}`
  const stopped = Object.entries(states).filter(([, state]) => state === 'held' || state === 'quarantined')
  if (stopped.length > 0) return stopped.map(([stream, state]) => `${stream} is ${state}`).join(', ')
  if (goneAt === null)
    return !hasSource || Object.values(states).includes('no_source')
      ? 'no source is configured for it'
      : 'the source keeps its files'
  const hours = Math.floor((Date.parse(goneAt) - now) / 3_600_000)
  return hours < 0 ? 'no longer at the source' : `the source keeps it for ${Math.floor(hours / 24)} d ${hours % 24} h`
}

interface RowContext {
  readonly now: number
  readonly hasSource: boolean
  readonly found: readonly FoundInstead[]
  readonly disputes: readonly Dispute[]
  readonly words: Words
}

function toRow(row: Day, context: RowContext): Row {
  const { found, disputes, words } = context
  const { shard, name, window, states, verdict, reason } = row
  const isOwn = (one: { readonly shard: string; readonly window: string }) =>
    one.shard === shard && one.window === window
  const note = noteOf(row, { ...context, disputes: disputes.filter(isOwn) })
  const instead = found.filter(isOwn).map((one) => `${one.stream}: ${one.found}`)
  return {
    [words.shard.key]: shard,
    name,
    [words.window.key]: window,
    day: verdict,
    ...states,
    complete: verdict === 'complete',
    balanced: row.isBalanced,
    agreed: row.isAgreed,
    note,
    found: instead.join('; '),
    ...{ code: reason?.code ?? null, reason: reason?.message ?? null },
  }
}
