import type { ApiAnswer, ApiClient } from '../../functions/api/contract/client.ts'
import { findRun } from '../../functions/pipeline/views/runs.ts'
import { toRunRow, toRunSliceRow, toSheetRow } from '../answer-rows.ts'
import { askPipeline, eachPage, type Item, withApi } from '../api.ts'
import type { Row } from '../cell.ts'
import { type Call, command, group } from '../command.ts'
import { asMoney } from '../money.ts'
import { withDaybreak } from '../open.ts'
import type { Output } from '../output.ts'
import { REASON_ARG } from '../reason.ts'
import { printResumed } from '../run-report.ts'
import { inWords, placeColumns } from '../slice-words.ts'
import { readCount } from '../values.ts'
import { runNow } from './run.ts'

const SHOWN = 20
const MOST = 10_000

const ID = { id: { type: 'positional', description: 'Id of a run, or `last`.' } } as const

type Words = ApiAnswer<'GET /api/status/days'>['words']
type Dispute = ApiAnswer<'GET /api/runs/{id}'>['disputes'][number]
type CheckRow = Item<'GET /api/runs/{id}/checks', 'checks'>
type SheetLine = Item<'GET /api/runs/{id}/sheet', 'lines'>

const list = command({
  name: 'runs list',
  remote: 'served',
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
    await withApi(call, async (api) => {
      const runs = await newestRuns(limit + 1, { withWork: !call.args.all }, api)
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
        rows: runs.slice(0, limit).map(toRunRow),
        total: () => ({ rows: Math.min(runs.length, limit), all: runs.length <= limit }),
        empty: 'No runs yet. Start one with `daybreak run`.',
      })
    })
  },
})

async function newestRuns(most: number, { withWork }: { readonly withWork: boolean }, api: ApiClient) {
  const found: Item<'GET /api/runs', 'runs'>[] = []
  const query = withWork ? { withWork: true } : {}
  const pages = eachPage((page) => api('GET /api/runs', { query: { ...query, ...page } }), Math.min(most, 500))
  for await (const { runs } of pages) {
    found.push(...runs)
    if (found.length >= most) break
  }
  return found
}

const show = command({
  name: 'runs show',
  remote: 'served',
  description: 'Show a run: its reconciliation sheet (file, part, table), its checks and what is held back.',
  args: ID,
  examples: ['daybreak runs show last'],
  async run(call) {
    const look = async (api: ApiClient) => {
      const run = await api('GET /api/runs/{id}', { path: call.args })
      const path = { id: run.id }
      const slices = await slicesOf(run.id, api)
      const { lines: sheet } = await api('GET /api/runs/{id}/sheet', { path })
      const ask = (page: { pageSize: number; pageToken?: string }) =>
        api('GET /api/runs/{id}/checks', { path, query: page })
      const checks = (await Array.fromAsync(eachPage(ask))).flatMap((page) => page.checks)
      const { words } = await askPipeline(api, run.pipeline)
      if (call.output.format !== 'table')
        return await call.output.record({
          ...toRunRow(run),
          slices: slices.map((slice) => inWords(toRunSliceRow(slice), words)),
          sheet: sheet.map((line) => inWords(toSheetRow(line), words)),
          checks: checks.map((check) => inWords(check, words)),
          disputes: run.disputes.map((dispute) => toDisputeRow(dispute, words)),
        })
      await call.output.record(toRunRow(run))
      await printResumed(run.resumed, call.output)
      await printSheet(sheet, words, call.output)
      await printDisputes(run.disputes, words, call.output)
      await printChecks(checks, words, call.output)
    }
    await withApi(call, look, { readOnlyWarehouse: true })
  },
})

async function slicesOf(id: string, api: ApiClient) {
  const ask = (page: { pageSize: number; pageToken?: string }) =>
    api('GET /api/runs/{id}/slices', { path: { id }, query: { unchanged: true, ...page } })
  return (await Array.fromAsync(eachPage(ask))).flatMap((page) => page.slices)
}

const logs = command({
  name: 'runs logs',
  remote: 'served',
  description: 'List what a run did, slice by slice, with the time each took.',
  args: ID,
  async run(call) {
    await withApi(call, async (api) => {
      const run = await api('GET /api/runs/{id}', { path: call.args })
      const slices = await slicesOf(run.id, api)
      const { words } = await askPipeline(api, run.pipeline)
      await call.output.rows({
        columns: [...placeColumns(words), 'stream', 'outcome', 'accepted', 'rejected', 'milliseconds', 'reason'],
        rows: slices.map(({ shardName: _, reason, ...slice }) => ({
          ...inWords(slice, words),
          reason: reason?.message ?? '',
        })),
        empty: 'The run looked at nothing.',
      })
    })
  },
})

const cancel = command({
  name: 'runs cancel',
  remote: 'served',
  description: 'Cancel a run; what it published stays, and is complete.',
  args: { ...ID, ...REASON_ARG },
  async run(call) {
    await withApi(call, async (api) => {
      const { id } = await api('GET /api/runs/{id}', { path: call.args })
      const run = await api('POST /api/runs/{id}:cancel', { path: { id }, body: { reason: call.args.reason } })
      await call.output.record({ id: run.id, state: run.state })
    })
  },
})

const retry = command({
  name: 'runs retry',
  remote: 'served',
  description: 'Run again what a run was asked for; what is done is not done twice.',
  args: { ...ID, ...REASON_ARG },
  async run(call) {
    if (call.options.remote !== null) return await retryThere(call)
    return await withDaybreak(call, async (daybreak) => {
      const { pipeline, scope } = await findRun(call.args.id, daybreak.ports.ledger)
      return await runNow({ pipeline, trigger: 'cli', scope }, daybreak, call)
    })
  },
})

/** The server works on it; the command only begins it. */
async function retryThere(call: Call<{ readonly id: string; readonly reason: string }>): Promise<number> {
  const { id, reason } = call.args
  return await withApi(call, async (api) => {
    const body = { failedOnly: false, reason }
    const { runId } = await api('POST /api/runs/{id}:retry', { path: { id }, body })
    await call.output.record(toRunRow(await api('GET /api/runs/{id}', { path: { id: runId } })))
    return 0
  })
}

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
async function printSheet(sheet: readonly SheetLine[], words: Words, output: Output): Promise<void> {
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
      const { shard, window, stream, records, accepted, rejected, partRows, tableRows, isBalanced, override } = row
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
        balanced: isBalanced,
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
