import { migrateLedger } from '../../functions/compose/ports.ts'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { rebuildLedger } from '../../functions/pipeline/work/rebuild.ts'
import { command, group } from '../command.ts'
import { exitCodeOf } from '../exit-code.ts'
import { createLog } from '../log.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { trackRun } from '../progress-of-run.ts'
import { PIPELINE_ARG } from '../scope.ts'

/** Exit code for objects that could not be read: the ledger is as whole as the data is. */
const UNREADABLE = 3

const rebuild = command({
  name: 'ledger rebuild',
  description: 'Add to the ledger what it lacks from object storage, and compare every partition by loading it.',
  args: PIPELINE_ARG,
  async run(call) {
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const { slices, partitions, skipped, runId } = await rebuildLedger(definition, daybreak.ports)
      const run = await daybreak.ports.ledger.run(runId)
      if (!run) throw new DaybreakError('INTERNAL', `the rebuild's run ${runId} is gone`)
      const finished = await trackRun(run, daybreak, call)
      await call.output.record({ slices, partitions, skipped: skipped.length, run: runId, state: finished.state })
      return exitCodeOf(finished) || (skipped.length > 0 ? UNREADABLE : 0)
    })
  },
})

const migrate = command({
  name: 'ledger migrate',
  description:
    'Bring the tables of the ledger up to date for this release. A release runs it before its first instance.',
  args: {},
  async run({ options, context, output }) {
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    const { clock } = context
    await migrateLedger(project, { clock, log: createLog(context.stderr, options, clock.now) })
    await output.record({ ledger: project.environment.ledger.kind, tables: 'up to date' })
    return 0
  },
})

/** The relational record of what happened. */
export const ledger = group({
  name: 'ledger',
  description: 'Mend the ledger.',
  commands: { migrate: async () => migrate, rebuild: async () => rebuild },
})
