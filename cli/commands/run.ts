import type { Daybreak } from '../../functions/compose.ts'
import type { Run } from '../../functions/pipeline/entities.ts'
import { readsArchive } from '../../functions/pipeline/work/from-archive.ts'
import { isTerminal } from '../../functions/pipeline/work/record.ts'
import { cancelRun, type RunRequest } from '../../functions/pipeline/work/run.ts'
import { actorOf } from '../actor.ts'
import { type Call, command } from '../command.ts'
import { exitCodeOf } from '../exit-code.ts'
import { signalCode } from '../failure.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { trackRun } from '../progress-of-run.ts'
import { reportRun } from '../run-report.ts'
import { RELOAD_ARG, SCOPE_ARGS, toScope } from '../scope.ts'
import { dryRun } from './plan.ts'

/** Runs one pipeline now, from listing to loaded partitions. */
export const run = command({
  name: 'run',
  description: 'Bring in what is new: fetch, check, stage, load and reconcile. Running again is free.',
  args: {
    pipeline: {
      type: 'positional',
      required: false,
      description: 'A file of config/pipelines; the only one if absent.',
    },
    ...SCOPE_ARGS,
    'from-archive': { type: 'boolean', description: 'Transform the landed bytes again instead of asking the source.' },
    'dry-run': { type: 'boolean', description: 'Show the plan and the first mapped rows; write nothing.' },
    force: { type: 'boolean', description: 'Publish also what a check or the reject budget holds back.' },
    reload: RELOAD_ARG,
  },
  examples: [
    'daybreak run toast',
    'daybreak run toast --date 2025-02-05 --location 185001',
    'daybreak run toast --dry-run',
  ],
  async run(call) {
    const { args, context } = call
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
      if (args['dry-run']) return await dryRun({ definition, scope }, daybreak, call)
      return await runNow({ pipeline: definition.name, trigger: 'cli', scope }, daybreak, call)
    })
  },
})

/** Starts a run, works until it is over, reports it, and gives its exit code. */
export async function runNow(
  request: RunRequest,
  daybreak: Daybreak,
  { output, context, options }: Pick<Call, 'output' | 'context' | 'options'>,
): Promise<number> {
  const started = await daybreak.start(request)
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
