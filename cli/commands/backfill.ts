import type { Daybreak } from '../../functions/compose.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { windowsIn } from '../../functions/pipeline/definition.ts'
import { backfillRow } from '../../functions/pipeline/views/backfills.ts'
import { expectAffordable } from '../../functions/pipeline/views/estimate.ts'
import {
  createBackfill,
  expectPossible,
  rangeOf,
  steerBackfill,
  workBackfill,
} from '../../functions/pipeline/work/backfill.ts'
import { readsArchive } from '../../functions/pipeline/work/from-archive.ts'
import { toBackfillRow } from '../answer-rows.ts'
import { askPipeline, eachPage, localApi, withApi } from '../api.ts'
import { type Call, command, group } from '../command.ts'
import { exitCodeOf } from '../exit-code.ts'
import { LIMIT_ARG, readLimit } from '../lists.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { trackRun } from '../progress-of-run.ts'
import { REASON_ARG, recordReason } from '../reason.ts'
import { PIPELINE_ARG, RELOAD_ARG, SCOPE_ARGS, toScope } from '../scope.ts'
import { readDateRange } from '../values.ts'
import { dryRun } from './plan.ts'

/** Brings in a range of business dates. */
export const backfill = command({
  name: 'backfill',
  remote: 'served',
  description: 'Bring in a range of windows, from the source or the raw archive.',
  args: {
    ...PIPELINE_ARG,
    'start-date': {
      type: 'string',
      required: true,
      valueHint: 'DAY',
      description: 'First window: a day, an ISO week or a month.',
    },
    'end-date': {
      type: 'string',
      required: true,
      valueHint: 'DAY',
      description: 'Last window, of a week or month its last day.',
    },
    location: SCOPE_ARGS.location,
    stream: SCOPE_ARGS.stream,
    'from-archive': { type: 'boolean', description: 'Do not ask the source: transform the landed bytes again.' },
    force: { type: 'boolean', description: 'Publish also what a check or the reject budget holds back.' },
    reload: RELOAD_ARG,
    'max-cost': {
      type: 'string',
      valueHint: 'USD',
      description: 'Refuse a plan that is estimated to cost more, e.g. `0.20`.',
    },
    ...REASON_ARG,
    'dry-run': { type: 'boolean', description: 'Show the plan only.' },
  },
  examples: [
    'daybreak backfill toast --start-date 2025-01-01 --end-date 2025-01-31',
    'daybreak backfill toast --start-date 2025-02-05 --end-date 2025-02-05 --from-archive --reload',
  ],
  async run(call) {
    const { args } = call
    const asked = readDateRange(args['start-date'], args['end-date'])
    const days = { from: asked.start, to: asked.end }
    const maxCost = readCost(args['max-cost'])
    if (call.options.remote !== null) return await beginThere(days, call)
    return await withDaybreak(call, async (daybreak, project) => {
      const definition = findPipeline(daybreak, args.pipeline)
      const { shards: locations = [], streams = [] } = toScope(
        { location: args.location, stream: args.stream },
        definition,
      )
      const fromArchive = readsArchive(definition, {
        fromArchive: args['from-archive'],
        isNarrowed: true,
        shards: locations,
      })
      expectPossible(days, daybreak.ports.clock.now())
      const range = rangeOf(definition, days)
      if (args['dry-run']) {
        const scope = {
          ...toScope({ location: args.location, stream: args.stream }, definition),
          windows: windowsIn(definition, range),
          fromArchive,
        }
        return await dryRun({ definition, scope }, daybreak, call)
      }
      const request = {
        pipeline: definition.name,
        ...range,
        shards: locations,
        streams,
        fromArchive,
        force: args.force,
        reload: args.reload,
      }
      if (maxCost !== null) {
        const { unit: _, ...rest } = request
        const body = { ...rest, ...days, shards: [...locations], streams: [...streams] }
        const plan = await localApi(call, daybreak, project)('POST /api/backfill:plan', { body })
        expectAffordable(plan.estimate, maxCost)
      }
      const { id } = await createBackfill(request, daybreak.ports)
      await recordReason({ action: 'backfill.create', subject: id }, call, daybreak.ports)
      return await work(id, daybreak, call)
    })
  },
})

/** An amount in dollars. @throws {DaybreakError} USAGE_INVALID. */
function readCost(text: string | undefined): string | null {
  if (text === undefined || /^\d+(\.\d+)?$/.test(text)) return text ?? null
  throw new DaybreakError('USAGE_INVALID', `--max-cost is ${JSON.stringify(text)}; expected dollars, e.g. 0.20`)
}

interface BackfillFlags {
  readonly pipeline: string | undefined
  readonly location: readonly string[]
  readonly stream: readonly string[]
  readonly 'from-archive': boolean
  readonly force: boolean
  readonly reload: boolean
  readonly 'dry-run': boolean
  readonly 'max-cost': string | undefined
  readonly reason: string
}

type Range = { readonly from: string; readonly to: string }

/** Plans or begins it at the server, which works on it. */
async function beginThere(range: Range, call: Call<BackfillFlags>): Promise<number> {
  const { args, output } = call
  return await withApi(call, async (api) => {
    const request = {
      ...range,
      pipeline: (await askPipeline(api, args.pipeline)).name,
      ...{ shards: [...args.location], streams: [...args.stream] },
      ...{ fromArchive: args['from-archive'], force: args.force, reload: args.reload },
    }
    if (args['dry-run']) {
      const { states, gone, ...plan } = await api('POST /api/backfill:plan', { body: request })
      await output.record({ ...plan, states, gone: gone.map((one) => ({ ...one })) })
      return 0
    }
    const maxCost = readCost(args['max-cost'])
    const body = { ...request, reason: args.reason, ...(maxCost !== null && { maxCost }) }
    await output.record(toBackfillRow(await api('POST /api/backfill', { body })))
    return 0
  })
}

const ID = { id: { type: 'positional', description: 'Id of a backfill.' } } as const

const list = command({
  name: 'backfills list',
  remote: 'served',
  description: 'List backfills, newest first.',
  args: LIMIT_ARG,
  async run(call) {
    await withApi(call, async (api) => {
      const ask = (page: { pageSize: number; pageToken?: string }) => api('GET /api/backfill', { query: page })
      const all = (await Array.fromAsync(eachPage(ask))).flatMap(({ backfills }) => backfills)
      await call.output.rows({
        columns: ['id', 'pipeline', 'state', 'start', 'end', 'next', 'runs', 'reason'],
        limit: readLimit(call.args),
        rows: all.map(toBackfillRow),
        empty: 'No backfills yet. Start one with `daybreak backfill --start-date DATE --end-date DATE`.',
      })
    })
  },
})

const show = command({
  name: 'backfills show',
  remote: 'served',
  description: 'Show a backfill and its runs.',
  args: ID,
  async run(call) {
    await withApi(call, async (api) => {
      const found = await api('GET /api/backfill/{id}', { path: call.args })
      await call.output.record({ ...toBackfillRow(found), run_ids: found.runIds })
    })
  },
})

type SteerCall = Pick<Call<{ readonly id: string; readonly reason: string }>, 'args' | 'options' | 'context' | 'output'>

async function steerThere(verb: 'pause' | 'cancel' | 'resume' | 'retry', call: SteerCall): Promise<void> {
  const { id, reason } = call.args
  await withApi(call, async (api) =>
    call.output.record(toBackfillRow(await api(`POST /api/backfill/{id}:${verb}`, { path: { id }, body: { reason } }))),
  )
}

const steer = (verb: 'pause' | 'cancel', description: string) =>
  command({
    name: `backfills ${verb}`,
    remote: 'served',
    description,
    args: { ...ID, ...REASON_ARG },
    run: (call) => steerThere(verb, call),
  })

const restart = (verb: 'resume' | 'retry', description: string) =>
  command({
    name: `backfills ${verb}`,
    remote: 'served',
    description,
    args: { ...ID, ...REASON_ARG },
    async run(call) {
      if (call.options.remote !== null) {
        // The server works on it; the command only begins it.
        await steerThere(verb, call)
        return 0
      }
      return await withDaybreak(call, async (daybreak) => {
        await steerBackfill(call.args.id, verb, daybreak.ports)
        return await work(call.args.id, daybreak, call)
      })
    },
  })

/** Ranges that were asked for. */
export const backfills = group({
  name: 'backfills',
  description: 'Look at backfills, pause, resume, cancel or retry them.',
  commands: {
    list: async () => list,
    show: async () => show,
    pause: async () => steer('pause', 'Stop after the run at hand; `resume` goes on.'),
    resume: async () => restart('resume', 'Go on with a paused or interrupted backfill.'),
    cancel: async () => steer('cancel', 'Stop for good; what is published stays.'),
    retry: async () => restart('retry', 'Go through the whole range again; what is done is not done twice.'),
  },
})

async function work(
  id: string,
  daybreak: Daybreak,
  call: Pick<Call, 'output' | 'context' | 'options'>,
): Promise<number> {
  const finished = await workBackfill(id, (run) => trackRun(run, daybreak, call), daybreak.ports)
  await call.output.record({ ...backfillRow(finished) })
  return exitCodeOf(finished)
}
