import type { Daybreak } from '../../functions/compose.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { countDays } from '../../functions/lib/business-date.ts'
import { quoteName } from '../../functions/lib/plain-name.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import { remedyOf, verifyRange } from '../../functions/pipeline/load/verify.ts'
import { type Words, wordsOf } from '../../functions/pipeline/slice-words.ts'
import type { Dispute } from '../../functions/pipeline/steps/verdict.ts'
import { askCompleteness, type FoundInstead, type UnreadName } from '../../functions/pipeline/views/completeness.ts'
import { defaultRange, type MatrixRow, type Cell as State } from '../../functions/pipeline/views/status.ts'
import type { Cell, Row } from '../cell.ts'
import { command } from '../command.ts'
import { exitCodeOf } from '../exit-code.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import type { Output } from '../output.ts'
import { inWords, placeColumns, shardColumn, windowColumn } from '../slice-words.ts'
import { readDate } from '../values.ts'

const MOST_DAYS = 3_660
const UNEQUAL = 3

const DAY_TONES: Partial<Record<string, 'good' | 'bad' | 'warn'>> = {
  complete: 'good',
  incomplete: 'warn',
  disputed: 'bad',
}

const TONES: Partial<Record<State, 'good' | 'bad' | 'warn' | 'dim'>> = {
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
  description: 'Show the completeness matrix: location x business date x stream.',
  args: {
    pipeline: {
      type: 'positional',
      required: false,
      description: 'A file of config/pipelines; the only one if absent.',
    },
    from: {
      type: 'string',
      valueHint: 'YYYY-MM-DD',
      description:
        'First business date. Default: a week back, or the newest dates with data where no source is configured.',
    },
    to: {
      type: 'string',
      valueHint: 'YYYY-MM-DD',
      description: 'Last business date. Default: today, or the newest date with data where no source is configured.',
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
  ],
  async run(call) {
    const { args, output, context } = call
    const asked = {
      ...(args.from !== undefined && { from: readDate('--from', args.from) }),
      ...(args.to !== undefined && { to: readDate('--to', args.to) }),
    }
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, args.pipeline)
      const now = context.clock.now()
      const range = expectBounded({ ...(await defaultRange(definition, daybreak.ports)), ...asked })
      const answer = await askCompleteness(definition, range, daybreak.ports)
      const { rows, streams, complete } = answer
      const words = wordsOf(definition)
      await output.rows({
        columns: [
          shardColumn(words),
          'name',
          windowColumn(words),
          { key: 'day', tone: (value: Cell) => DAY_TONES[String(value)] ?? null },
          ...streams.map((stream) => ({ key: stream, tone: (value: Cell) => TONES[value as State] ?? null })),
          { key: 'note' },
        ],
        rows: rows.map((row) => toRow(row, { now, found: answer.found, words })),
        empty: definition.hasSource
          ? `No ${words.window.one} in this range is due yet, or nothing is known of it. Try --from, or \`daybreak run\`.`
          : 'No source is configured, and no file of this range was imported. Try --from, or `daybreak import FOLDER`.',
      })
      await output.text(`\n${complete} of ${rows.length} ${words.both} are complete.`)
      if (answer.unread.length > 0) await output.text(describeUnread(answer.unread))
      if (output.format === 'table') await printFound(answer.found, words, output)
      if (output.format === 'table') await printDisputes(answer.disputes, words, output)
      if (args.verify && (await verified(definition, range, { daybreak, output })) > 0) return UNEQUAL
      return args.check && complete < rows.length ? exitCodeOf({ state: 'partial', reason: answer.reason }) : 0
    })
  },
})

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
async function verified(
  definition: PipelineDefinition,
  range: { readonly from?: string; readonly to?: string },
  { daybreak, output }: { readonly daybreak: Daybreak; readonly output: Output },
): Promise<number> {
  const found = await verifyRange(definition, range, daybreak.ports)
  for (const { message, window: date } of found.mismatches)
    await output.text(`[NOT_RECONCILED] ${message}; ${remedyOf(definition.name, date)}`)
  await output.text(
    `${found.verified - found.mismatches.length} of ${found.verified} partitions equal what was loaded.`,
  )
  return found.mismatches.length
}

function noteOf({ verdict, expiry, cells }: MatrixRow, now: number): string {
  if (verdict.state === 'complete') return ''
  if (verdict.state === 'disputed') return `disputed by ${verdict.disputes.map(({ check }) => check).join(', ')}`
  const stopped = [...cells].filter(([, state]) => state === 'held' || state === 'quarantined')
  if (stopped.length > 0) return stopped.map(([stream, state]) => `${stream} is ${state}`).join(', ')
  if (expiry === 'none') return 'no source is configured for it'
  const hours = Math.floor((expiry - now) / 3_600_000)
  return hours < 0 ? 'no longer at the source' : `the source keeps it for ${Math.floor(hours / 24)} d ${hours % 24} h`
}

interface RowContext {
  readonly now: number
  readonly found: readonly FoundInstead[]
  readonly words: Words
}

function toRow(row: MatrixRow, { now, found, words }: RowContext): Row {
  const { shard, name, window, cells, verdict } = row
  const { state: day, balanced, agreed, reason } = verdict
  const note = noteOf(row, now)
  const states = Object.fromEntries(cells)
  const own = found.filter((one) => one.shard === shard && one.window === window)
  const instead = own.map((one) => `${one.stream}: ${one.found}`).join('; ')
  const why = { code: reason?.code ?? null, reason: reason?.message ?? null }
  return {
    [words.shard.key]: shard,
    name,
    [words.window.key]: window,
    day,
    ...states,
    complete: day === 'complete',
    balanced,
    agreed,
    note,
    found: instead,
    ...why,
  }
}
