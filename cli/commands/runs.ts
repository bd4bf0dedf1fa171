import type { Daybreak } from '../../functions/compose.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { Words } from '../../functions/pipeline/slice-words.ts'
import type { Dispute } from '../../functions/pipeline/steps/verdict.ts'
import {
  type CheckRow,
  checksOf,
  findRun,
  resumedOf,
  runRow,
  runSliceRow,
  sheetOf,
} from '../../functions/pipeline/views/runs.ts'
import type { SheetRow } from '../../functions/pipeline/views/sheet.ts'
import { WORDS } from '../../functions/pipeline/words.ts'
import { disputesOf } from '../../functions/pipeline/work/record.ts'
import { cancelRun } from '../../functions/pipeline/work/run.ts'
import type { Row } from '../cell.ts'
import { command, group } from '../command.ts'
import { asMoney } from '../money.ts'
import { withDaybreak } from '../open.ts'
import type { Output } from '../output.ts'
import { printResumed } from '../run-report.ts'
import { inWords, placeColumns } from '../slice-words.ts'
import { readCount } from '../values.ts'
import { runNow } from './run.ts'

const SHOWN = 20
const MOST = 10_000

const ID = { id: { type: 'positional', description: 'Id of a run, or `last`.' } } as const

const WITH_WORK = WORDS.runs.state.filter((state) => state !== 'skipped')

const list = command({
  name: 'runs list',
  description: 'List runs, newest first. Runs that found nothing to do are left out.',
  args: {
    all: { type: 'boolean', description: 'Also runs that found nothing to do.' },
    limit: {
      type: 'string',
      valueHint: 'N',
      description: 'Most rows. Default: 20 in a table, all up to 10,000 in other formats.',
    },
  },
  async run(call) {
    const asked = call.args.limit === undefined ? null : readCount('--limit', call.args.limit, { min: 1, max: MOST })
    const limit = asked ?? (call.output.format === 'table' ? SHOWN : MOST)
    await withDaybreak(call, async ({ ports }) => {
      const runs = await ports.ledger.runs({ limit: limit + 1, ...(!call.args.all && { states: WITH_WORK }) })
      await call.output.rows({
        columns: [
          'id',
          'pipeline',
          'trigger',
          { key: 'state', tone: toneOf },
          'slices',
          'rows',
          'rejected',
          'seconds',
          'started',
          'reason',
        ],
        rows: runs.slice(0, limit).map((run) => ({ ...runRow(run) })),
        total: () => ({ rows: Math.min(runs.length, limit), all: runs.length <= limit }),
        empty: 'No runs yet. Start one with `daybreak run`.',
      })
    })
  },
})

const show = command({
  name: 'runs show',
  description: 'Show a run: its reconciliation sheet (file, part, table), its checks and what is held back.',
  args: ID,
  examples: ['daybreak runs show last'],
  async run(call) {
    const look = async (daybreak: Daybreak) => {
      const { ledger } = daybreak.ports
      const run = await findRun(call.args.id, ledger)
      const slices = await ledger.runSlices(run.id)
      const sheet = await sheetOf(run, slices, daybreak)
      const checks = await checksOf(run, slices, ledger)
      const disputes = await disputesOf(slices, ledger)
      const words = daybreak.ports.words(run.pipeline)
      if (call.output.format !== 'table')
        return await call.output.record({
          ...runRow(run),
          slices: slices.map((slice) => inWords(runSliceRow(slice), words)),
          sheet: sheet.map((row) => ({ ...inWords(row, words), money: row.money.map((line) => ({ ...line })) })),
          checks: checks.map((check) => inWords(check, words)),
          disputes: disputes.map((dispute) => toDisputeRow(dispute, words)),
        })
      await call.output.record({ ...runRow(run) })
      await printResumed(await resumedOf(slices, ledger), call.output)
      await printSheet(sheet, words, call.output)
      await printDisputes(disputes, words, call.output)
      await printChecks(checks, words, call.output)
    }
    await withDaybreak(call, look, { readOnlyWarehouse: true })
  },
})

const logs = command({
  name: 'runs logs',
  description: 'List what a run did, slice by slice, with the time each took.',
  args: ID,
  async run(call) {
    await withDaybreak(call, async (daybreak) => {
      const run = await findRun(call.args.id, daybreak.ports.ledger)
      const slices = await daybreak.ports.ledger.runSlices(run.id)
      const words = daybreak.ports.words(run.pipeline)
      await call.output.rows({
        columns: [...placeColumns(words), 'stream', 'outcome', 'accepted', 'rejected', 'milliseconds', 'reason'],
        rows: slices.map(({ counts, reason, ...slice }) => ({
          ...inWords(slice, words),
          accepted: counts?.accepted ?? null,
          rejected: counts?.rejected ?? null,
          reason: reason?.message ?? '',
        })),
        empty: 'The run looked at nothing.',
      })
    })
  },
})

const cancel = command({
  name: 'runs cancel',
  description: 'Cancel a run; what it published stays, and is complete.',
  args: ID,
  async run(call) {
    await withDaybreak(call, async (daybreak) => {
      const run = await findRun(call.args.id, daybreak.ports.ledger)
      if (!(await cancelRun(run, daybreak.ports)))
        throw new DaybreakError('USAGE_INVALID', `run ${run.id} is ${run.state} already`)
      await call.output.record({ id: run.id, state: 'cancelled' })
    })
  },
})

const retry = command({
  name: 'runs retry',
  description: 'Run again what a run was asked for; what is done is not done twice.',
  args: ID,
  async run(call) {
    return await withDaybreak(call, async (daybreak) => {
      const { pipeline, scope } = await findRun(call.args.id, daybreak.ports.ledger)
      return await runNow({ pipeline, trigger: 'cli', scope }, daybreak, call)
    })
  },
})

/** Executions of a pipeline. */
export const runs = group({
  name: 'runs',
  description: 'Look at runs, cancel them, run them again.',
  commands: {
    list: async () => list,
    show: async () => show,
    logs: async () => logs,
    cancel: async () => cancel,
    retry: async () => retry,
  },
})

/** Prints the sheet; money as its first total column, the others when they do not balance. */
async function printSheet(sheet: readonly SheetRow[], words: Words, output: Output): Promise<void> {
  await output.text('\nReconciliation: the same rows and cents in the file, in the part and in the table')
  await output.rows({
    columns: [
      ...placeColumns(words),
      'stream',
      { key: 'records', align: 'right' },
      { key: 'accepted', align: 'right' },
      { key: 'rejected', align: 'right' },
      { key: 'part', align: 'right' },
      { key: 'table', align: 'right' },
      'money',
      { key: 'part_sum', align: 'right' },
      { key: 'table_sum', align: 'right' },
      { key: 'balanced', tone: (value) => (value === true ? 'good' : 'bad') },
      { key: 'override', tone: () => 'warn' },
    ],
    rows: sheet.map((row) => {
      const shown = row.money.find(({ column }) => MAIN_MONEY.includes(column)) ?? row.money[0]
      const { shard, window, stream, records, accepted, rejected, partRows, tableRows, balanced, override } = row
      const cells = {
        shard,
        window,
        stream,
        records,
        accepted,
        rejected,
        part: partRows,
        table: tableRows ?? '',
        money: shown?.column ?? '',
        part_sum: asMoney(shown?.part ?? ''),
        table_sum: asMoney(shown?.table ?? ''),
        balanced,
        override: override ?? '',
      }
      return inWords(cells, words)
    }),
    empty: 'Nothing became a part.',
  })
}

const MAIN_MONEY = ['total', 'net_price', 'net_amount', 'amount']

/** The other half of the verdict: balanced files may still contradict each other. */
async function printDisputes(disputes: readonly Dispute[], words: Words, output: Output): Promise<void> {
  if (disputes.length === 0)
    return await output.text('\nAgreement: no check over these days says that files contradict each other.')
  await output.text('\nDisputed: balanced, but the files contradict each other beyond tolerance')
  await output.rows({
    columns: [...placeColumns(words), 'check', 'rule', 'message'],
    rows: disputes.map((dispute) => toDisputeRow(dispute, words)),
  })
}

function toDisputeRow({ shard, window, check, rule, message }: Dispute, words: Words): Row {
  return inWords({ shard, window, check, rule, message }, words)
}

async function printChecks(checks: readonly CheckRow[], words: Words, output: Output): Promise<void> {
  const failed = checks.filter(({ state }) => state !== 'pass')
  await output.text(`\n${checks.length - failed.length} of ${checks.length} checks passed.`)
  if (failed.length === 0) return
  await output.rows({
    columns: [...placeColumns(words), 'stream', 'check', 'rule', { key: 'state', tone: () => 'warn' }, 'message'],
    rows: failed.map((check) => inWords(check, words)),
  })
}

function toneOf(state: unknown) {
  if (state === 'succeeded') return 'good'
  return state === 'failed' || state === 'timed_out' ? 'bad' : state === 'partial' ? 'warn' : 'dim'
}
