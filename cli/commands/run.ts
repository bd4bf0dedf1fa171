import type { Daybreak } from '../../functions/compose.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { Run, RunScope } from '../../functions/pipeline/entities.ts'
import { isTables } from '../../functions/pipeline/tables/tools.ts'
import { readsArchive } from '../../functions/pipeline/work/from-archive.ts'
import { isTerminal } from '../../functions/pipeline/work/record.ts'
import { cancelRun, type RunRequest } from '../../functions/pipeline/work/run.ts'
import { actorOf } from '../actor.ts'
import { expectLocal, withApi } from '../api.ts'
import { type Call, command } from '../command.ts'
import { exitCodeOf } from '../exit-code.ts'
import { signalCode } from '../failure.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { trackRun } from '../progress-of-run.ts'
import { isGiven, REASON_ARG, recordReason } from '../reason.ts'
import { reportRun } from '../run-report.ts'
import { PIPELINE_ARG, RELOAD_ARG, SCOPE_ARGS, type Scoped, scopeThere, toScope } from '../scope.ts'
import { expectTablePlans } from '../table-plan.ts'
import { dryRun, planThere } from './plan.ts'

/** Runs one pipeline now, from listing to loaded partitions. */
export const run = command({
  name: 'run',
  remote: 'served',
  description: 'Bring in what is new: fetch, check, stage, load and reconcile. Running again is free.',
  args: {
    ...PIPELINE_ARG,
    ...SCOPE_ARGS,
    'from-archive': { type: 'boolean', description: 'Transform the landed bytes again instead of asking the source.' },
    'dry-run': { type: 'boolean', description: 'Show the plan and the first mapped rows; write nothing.' },
    plan: {
      type: 'string',
      valueHint: 'ID',
      description: 'Run only if `daybreak plan` would print this id now. Of pipelines of tables.',
    },
    force: { type: 'boolean', description: 'Publish also what a check or the reject budget holds back.' },
    reload: RELOAD_ARG,
    ...REASON_ARG,
  },
  examples: [
    'daybreak run toast',
    'daybreak run toast --date 2025-02-05 --location 185001',
    'daybreak run toast --dry-run',
    'daybreak run shop_to_lake --plan 4f1c0a9be2d75533',
  ],
  async run(call) {
    const { args, context } = call
    if (call.options.remote !== null) {
      if (args.plan !== undefined) expectLocal(call, 'run', '--plan')
      return await runThere(call)
    }
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, args.pipeline)
      const asked = toScope(args, definition)
      const isNarrowed = asked.windows !== undefined || asked.shards !== undefined
      const fromArchive = readsArchive(definition, {
        fromArchive: args['from-archive'],
        isNarrowed,
        ...(asked.shards && { shards: asked.shards }),
      })
      const scope = {
        ...asked,
        ...(args.force && { force: true, by: actorOf(context) }),
        ...(args.reload && { reload: true }),
        ...(fromArchive && { fromArchive }),
      }
      if (args.plan !== undefined) await expectTablePlan(args.plan, { definition, scope }, daybreak)
      if (args['dry-run']) return await dryRun({ definition, scope }, daybreak, call)
      // A plain run is in the list of runs; one that overrides something is in the audit as well.
      const isRecorded = args.force || args.reload || fromArchive || isGiven(args.reason)
      const begun = (id: string) => recordReason({ action: 'run.create', subject: id }, call, daybreak.ports)
      const request = { pipeline: definition.name, trigger: 'cli', scope } as const
      return await runNow(request, daybreak, { ...call, ...(isRecorded && { begun }) })
    })
  },
})

/** @throws {DaybreakError} USAGE_INVALID for a pipeline without such plans, PLAN_CHANGED. */
async function expectTablePlan(
  id: string,
  { definition, scope }: { readonly definition: PipelineDefinition; readonly scope: RunScope },
  daybreak: Daybreak,
): Promise<void> {
  if (isTables(definition)) return await expectTablePlans(daybreak).expect(id, definition, scope)
  throw new DaybreakError('USAGE_INVALID', `--plan is of pipelines of tables; ${definition.name} is none`)
}

interface RunFlags extends Scoped {
  readonly 'dry-run': boolean
  readonly 'from-archive': boolean
  readonly force: boolean
  readonly reload: boolean
  readonly reason: string
}

/** Begins a run at the server, which works on it; with --dry-run only says what it would look at. */
async function runThere(call: Call<RunFlags>): Promise<number> {
  const { args, output } = call
  if (args['dry-run']) return await planThere(call)
  return await withApi(call, async (api) => {
    const { pipeline, ...scope } = await scopeThere(args, api)
    const flags = { fromArchive: args['from-archive'], force: args.force, reload: args.reload, reason: args.reason }
    const { runId, state } = await api('POST /api/runs', { body: { pipeline, ...scope, ...flags } })
    await output.record({ id: runId ?? '', pipeline, state: state ?? '' })
    await output.text(`\nNext: daybreak runs show ${runId}`)
    return 0
  })
}

/** Starts a run, works until it is over, reports it, and gives its exit code. */
export async function runNow(
  request: RunRequest,
  daybreak: Daybreak,
  {
    output,
    context,
    options,
    begun,
  }: Pick<Call, 'output' | 'context' | 'options'> & {
    /** Called with the id of the run before the work on it. */
    readonly begun?: (id: string) => Promise<void>
  },
): Promise<number> {
  const started = await daybreak.start(request)
  await begun?.(started.id)
  const tracked = await trackRun(started, daybreak, { context, options })
  const stopped = isTerminal(tracked) ? null : signalCode(context.signal)
  const finished = stopped === null ? tracked : await cancelled(tracked, daybreak)
  const { ledger, words } = daybreak.ports
  const slices = await ledger.runSlices(finished.id)
  await reportRun(finished, slices, { ledger, output, words: words(finished.pipeline) })
  return stopped ?? exitCodeOf(finished)
}

/** A run that was stopped is over: no later command continues it. */
async function cancelled(run: Run, { ports }: Daybreak): Promise<Run> {
  await cancelRun(run, ports)
  return (await ports.ledger.run(run.id)) ?? run
}
