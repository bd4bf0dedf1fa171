import { maySee } from '../../access/decide.ts'
import { DaybreakError } from '../../errors.ts'
import { isCivilDate } from '../../lib/business-date.ts'
import { equalDecimals, sumDecimals } from '../../lib/decimal.ts'
import { quoteName } from '../../lib/foreign-text.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import { tableFor } from '../../pipeline/definition.ts'
import type { ShardTotals } from '../../pipeline/entities.ts'
import type { SignOff } from '../../pipeline/people/records.ts'
import { reopen, signedTotals } from '../../pipeline/people/sign-offs.ts'
import { reconciliationSheet } from '../../pipeline/views/sheet.ts'
import { expectVisible, findDefinition, instantText, shardFilter, shardsOf } from '../answers.ts'
import type { ApiCall, HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { DAY_ROUTES } from '../contract/days.ts'
import { VERDICTS } from '../contract/status.ts'
import { wholeMatrix } from '../matrix.ts'
import { sheetLine } from './runs.ts'
import { keyOf } from './slice-answers.ts'

/** Handlers of a window of all shards. */
export const DAY_HANDLERS: HandlersOf<typeof DAY_ROUTES> = {
  'GET /api/days/{pipeline}/{window}': async ({ path, principal }, context) => {
    const definition = findDefinition(context, path.pipeline)
    const day = await dayOf(definition, path.window, principal, context)
    const { signOffs, slices, disputes } = day
    const last = signOffs.at(-1)
    const changed = last !== undefined && slices.some(({ delivery }) => (delivery?.stagedAt ?? 0) > last.at)
    return {
      body: {
        pipeline: definition.name,
        window: path.window,
        sentence: sentenceOf(day, path.window),
        verdict: day.verdict,
        lines: day.lines,
        totals: totalsOf(day.lines),
        disputes,
        restatements: day.restatements,
        signOffs: signOffs.map(signOffAnswer),
        changedSinceSignOff: changed,
      },
    }
  },
  'POST /api/days/{pipeline}/{window}:signOff': async ({ path, body, principal, settle }, context) => {
    const definition = findDefinition(context, path.pipeline)
    expectVisible(principal, body.shard === undefined ? [] : [body.shard])
    if (body.shard === undefined && principal.shards !== null)
      throw new DaybreakError('FORBIDDEN', 'only a caller who sees all locations signs for all of them')
    const { slices, verdict } = await dayOf(definition, path.window, principal, context)
    if (verdict === 'none') throw new DaybreakError('NOT_FOUND', `nothing is known of ${path.window}`)
    const own = body.shard === undefined ? slices : slices.filter(({ shard }) => shard === body.shard)
    const at = context.now()
    const signOff = {
      ...{ pipeline: definition.name, window: path.window, shard: body.shard ?? '', at },
      ...{ actor: principal.name, note: body.note, totals: signedTotals(own) },
    }
    return await settle(
      {
        action: 'day.sign',
        subject: `${definition.name}/${path.window}`,
        details: body.note,
        after: { ...signOff.totals },
      },
      { body: { shard: body.shard ?? null, at: instantText(at), actor: principal.name, note: body.note } },
      [{ change: 'sign_off', signOff }],
    )
  },
  'POST /api/days/{pipeline}/{window}:reopen': async ({ path, body, principal, settle }, context) => {
    const definition = findDefinition(context, path.pipeline)
    const shard = body.shard ?? null
    expectVisible(principal, shard === null ? [] : [shard])
    if (shard === null && principal.shards !== null)
      throw new DaybreakError('FORBIDDEN', 'only a caller who sees all locations opens a day for all of them')
    const range = { pipeline: definition.name, from: path.window, to: path.window }
    const [signOffs, slices] = await Promise.all([
      context.ledger.reads.signOffs(range),
      context.ledger.slices({ pipeline: definition.name, windows: [path.window] }),
    ])
    const shards = [...new Set([...shardsOf(definition).keys(), ...slices.map((slice) => slice.shard)])]
    const { taken, changes, waiting } = reopen({ shard, signOffs, slices, shards })
    if (taken.length === 0)
      throw new DaybreakError('STATE_CONFLICT', `${path.window} is not signed${shard === null ? '' : ` at ${shard}`}`)
    const answer = {
      ...{ shard, at: instantText(context.now()), actor: principal.name },
      ...{ signOffs: taken.map(signOffAnswer), waiting: waiting.map(keyOf) },
    }
    return await settle(
      {
        action: 'day.reopen',
        subject: `${definition.name}/${path.window}${shard === null ? '' : `/${shard}`}`,
        details: body.reason,
        before: taken.map(({ shard: whose, at, actor, note, totals }) => ({ shard: whose, at, actor, note, totals })),
        after: { waiting: waiting.length },
      },
      { body: answer },
      changes,
    )
  },
}

function signOffAnswer({ shard, at, actor, note }: SignOff) {
  return { shard: shard || null, at: instantText(at), actor, note }
}

type Principal = ApiCall['principal']

async function dayOf(definition: PipelineDefinition, window: string, principal: Principal, context: ApiContext) {
  if (!isCivilDate(window))
    throw new DaybreakError(
      'NOT_FOUND',
      `there is no window ${quoteName(window)}; expected a day of the calendar, YYYY-MM-DD`,
    )
  const range = { pipeline: definition.name, from: window, to: window, ...shardFilter(principal) }
  const streams = [...definition.contracts.keys()]
  const { reads } = context.ledger
  const [slices, stored, failed, signOffs, deliveries] = await Promise.all([
    context.ledger.slices({ pipeline: definition.name, windows: [window], ...shardFilter(principal) }),
    reads.matrix({ ...range, streams }),
    reads.checkPage({ ...range, states: ['fail'], limit: 500 }),
    reads.signOffs(range),
    context.ledger.deliveries({ pipeline: definition.name, windows: [window], ...shardFilter(principal) }),
  ])
  const matrix = await wholeMatrix(definition, stored, {
    windows: [window],
    now: context.now(),
    ...shardFilter(principal),
  })
  const verdicts = matrix.columns[0]?.verdicts ?? ''
  const tables = new Map<string, readonly ShardTotals[] | null>()
  for (const stream of new Set(slices.filter(({ delivery }) => delivery !== null).map((slice) => slice.stream)))
    tables.set(
      `${stream}/${window}`,
      await context.ports.destination(definition.name).shardTotals(tableFor(definition, stream), window),
    )
  const names = shardsOf(definition)
  const byKey = Map.groupBy(deliveries, ({ shard, stream }) => `${shard}/${stream}`)
  return {
    slices,
    signOffs: signOffs.filter(({ shard }) => shard === '' || maySee(principal, shard)),
    lines: reconciliationSheet(slices, tables).map((row) => sheetLine(row, names)),
    verdict: verdictOf(verdicts),
    complete: verdicts.split(VERDICTS.complete).length - 1,
    due: verdicts.replaceAll(VERDICTS.none, '').length,
    disputes: failed.rows
      .filter(({ effect }) => effect === 'dispute')
      .map(({ shard, stream, check, rule, message }) => ({ shard, window, stream, check, rule, message })),
    restatements: [...byKey.values()].flatMap((all) => {
      const staged = all.filter(({ counts }) => counts !== null)
      return staged.slice(1).map(({ shard, stream, at, counts }, index) => ({
        ...{ shard, stream, at: instantText(at) },
        from: staged[index]?.counts?.accepted ?? 0,
        to: counts?.accepted ?? 0,
      }))
    }),
  }
}

function verdictOf(verdicts: string): 'complete' | 'incomplete' | 'disputed' | 'none' {
  if (verdicts.includes(VERDICTS.disputed)) return 'disputed'
  if (verdicts.includes(VERDICTS.incomplete)) return 'incomplete'
  return verdicts.includes(VERDICTS.complete) ? 'complete' : 'none'
}

type Day = Awaited<ReturnType<typeof dayOf>>

function sentenceOf({ verdict, complete, due, lines, disputes }: Day, window: string): string {
  if (verdict === 'none') return `Nothing is known of ${window}.`
  const wrong = lines.filter(({ isBalanced }) => !isBalanced).length
  const arrived = `${complete} of ${due} are complete for ${window}`
  const balanced = wrong === 0 ? 'file, part and table agree everywhere' : `${wrong} slices do not balance`
  const agreed = disputes.length === 0 ? '' : `; ${disputes.length} checks dispute it`
  return `${arrived}; ${balanced}${agreed}.`
}

/** Sums over all shards, by stream and column. */
function totalsOf(lines: Day['lines']) {
  const money = lines.flatMap(({ stream, money: own }) => own.map((line) => ({ stream, ...line })))
  return [...Map.groupBy(money, ({ stream, column }) => `${stream}.${column}`).values()].flatMap((own) => {
    const [first] = own
    if (!first) return []
    const part = sumDecimals(own.map((line) => line.part))
    const table = own.some((line) => line.table === null) ? null : sumDecimals(own.map((line) => line.table ?? '0'))
    return [
      {
        stream: first.stream,
        column: first.column,
        part,
        table,
        isEqual: table === null || equalDecimals(part, table),
      },
    ]
  })
}
