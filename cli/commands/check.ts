import type { OutlierCheck } from '../../functions/contract/contract.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import { backtest } from '../../functions/pipeline/views/backtest.ts'
import { withApi } from '../api.ts'
import { command, group } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { PIPELINE_FLAG, SCOPE_ARGS, toScope } from '../scope.ts'
import { readFirstDay, readLastDay, readWindowName } from '../values.ts'

const backtestCommand = command({
  name: 'check backtest',
  description: 'Print the days that an outlier check would have told, each judged by the days before it alone.',
  args: {
    check: { type: 'positional', required: true, description: 'Name of an outlier check in a contract.' },
    from: { type: 'string', required: true, valueHint: 'DAY', description: 'First business date.' },
    to: { type: 'string', required: true, valueHint: 'DAY', description: 'Last business date.' },
    ...PIPELINE_FLAG,
    location: SCOPE_ARGS.location,
    at: { type: 'string', valueHint: 'N', description: 'Another `at` than that of the contract, to try it.' },
    least: { type: 'string', valueHint: 'N', description: 'Another `least` than that of the contract, to try it.' },
    all: { type: 'boolean', description: 'Print every judged day, not only those that are told.' },
  },
  examples: ['daybreak check backtest net_sales_as_usual --from 2025-01-01 --to 2025-03-31 --at 3'],
  async run(call) {
    const { args } = call
    const [from, to] = [readFirstDay('--from', args.from), readLastDay('--to', args.to)]
    if (to < from)
      throw new DaybreakError('USAGE_INVALID', `--to is "${to}"; expected a day on or after --from ${from}`)
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, args.pipeline)
      const { stream, check } = findCheck(args.check, definition)
      const outlier = {
        ...check.outlier,
        ...(args.at !== undefined && { at: readNumber('--at', args.at) }),
        ...(args.least !== undefined && { least: readNumber('--least', args.least) }),
      }
      const { shards } = toScope({ location: args.location }, definition)
      const days = await backtest(
        { definition, stream, check: { ...check, outlier }, from, to, ...(shards && { shards }) },
        daybreak.ports.ledger,
      )
      const told = days.filter(({ isTold }) => isTold).length
      const shown = args.all ? days : days.filter(({ isTold, event }) => isTold || event !== null)
      await call.output.rows({
        columns: ['date', 'location', 'told', 'value', 'usual', 'z', 'event', 'message'],
        rows: shown.map(({ window, shard, isTold, ...day }) => ({
          date: window,
          location: shard,
          told: isTold,
          ...day,
        })),
        empty: 'No day would have been told.',
      })
      if (call.output.format === 'table')
        await call.output.text(`\n${told} of ${days.length} days would have been told, from ${from} to ${to}.`)
    })
  },
})

const explainCommand = command({
  name: 'check explain',
  remote: 'served',
  description: 'Take the difference of an unusual day apart by the columns of its stream, the largest parts first.',
  args: {
    check: { type: 'positional', required: true, description: 'Name of an outlier check in a contract.' },
    stream: { type: 'string', required: true, valueHint: 'NAME', description: 'Stream of the check.' },
    date: { type: 'string', required: true, valueHint: 'YYYY-MM-DD', description: 'The unusual day.' },
    location: { type: 'string', alias: 'shard', required: true, valueHint: 'ID', description: 'Id of a shard.' },
    ...PIPELINE_FLAG,
  },
  examples: ['daybreak check explain net_sales_as_usual --stream order_details --date 2025-02-05 --location 185001'],
  async run(call) {
    const { check: name, stream, date, location, pipeline } = call.args
    const query = {
      ...{ check: name, window: readWindowName('--date', date), shard: location },
      ...(pipeline !== undefined && { pipeline }),
    }
    const answer = await withApi(
      call,
      (api) => api('GET /api/checks/{stream}/explanation', { path: { stream }, query }),
      { readOnlyWarehouse: true },
    )
    const days = answer.dates.length
    if (call.output.format === 'table')
      await call.output.text(`${answer.message}\n${answer.sentence ?? 'Nothing to take apart.'}\n`)
    const parts = answer.dimensions.flatMap(({ dimension, parts: own }) => own.map((part) => ({ dimension, ...part })))
    await call.output.rows({
      columns: ['dimension', 'value', ...AMOUNTS],
      rows: parts.map(({ dimension, value, amount, before, differenceOfDays }) => ({
        ...{ dimension, value, amount },
        usual: Number((Number(before) / days).toFixed(2)),
        difference: Number((Number(differenceOfDays) / days).toFixed(2)),
      })),
      empty: 'Nothing to take apart.',
    })
  },
})

const AMOUNTS = (['amount', 'usual', 'difference'] as const).map((key) => ({ key, align: 'right' }) as const)

/** @throws {DaybreakError} USAGE_INVALID. */
function findCheck(name: string, { name: pipeline, contracts }: PipelineDefinition) {
  const known = [...contracts.values()].flatMap(({ stream, checks }) =>
    checks.flatMap((check): readonly { readonly stream: string; readonly check: OutlierCheck }[] =>
      'outlier' in check ? [{ stream, check }] : [],
    ),
  )
  const found = known.find(({ check }) => check.name === name)
  if (found) return found
  const names = known.map(({ check }) => check.name)
  const list = names.length === 0 ? 'the pipeline has none' : `expected one of ${names.join(', ')}`
  throw new DaybreakError(
    'USAGE_INVALID',
    `${JSON.stringify(name)} is no outlier check of ${pipeline}: ${list}.${didYouMean(name, names)}`,
  )
}

/** @throws {DaybreakError} USAGE_INVALID. */
function readNumber(flag: string, text: string): number {
  if (/^\d{1,12}(\.\d{1,6})?$/.test(text)) return Number(text)
  throw new DaybreakError('USAGE_INVALID', `${flag} is "${text}"; expected a number such as 3.5`)
}

/** Checks of contracts, tried on days that are loaded. */
export const check = group({
  name: 'check',
  description: 'Try the outlier checks of contracts on days that are loaded, and explain their verdicts.',
  commands: { backtest: async () => backtestCommand, explain: async () => explainCommand },
})
