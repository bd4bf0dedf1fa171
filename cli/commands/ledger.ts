import { DaybreakError } from '../../functions/errors.ts'
import { rebuildLedger } from '../../functions/pipeline/rebuild.ts'
import { command, group } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { trackRun } from '../progress-of-run.ts'
import { exitCodeOfRun } from '../run-report.ts'

const rebuild = command({
  name: 'ledger rebuild',
  description: 'Make the slices and partitions of an empty ledger anew from object storage, and prove them by loading.',
  args: {
    pipeline: {
      type: 'positional',
      required: false,
      description: 'A file of config/pipelines; the only one if absent.',
    },
  },
  async run(call) {
    return await withDaybreak(call, async (daybreak) => {
      const definition = findPipeline(daybreak, call.args.pipeline)
      const known = await daybreak.ports.ledger.slices({ pipeline: definition.name, limit: 1 })
      if (known.length > 0) {
        throw new DaybreakError(
          'USAGE_INVALID',
          'the ledger is not empty; a rebuild is for one that was lost. Name an empty database or another file in `ledger` first',
        )
      }
      const { slices, partitions, runId } = await rebuildLedger(definition, daybreak.ports)
      const run = await daybreak.ports.ledger.run(runId)
      if (!run) throw new DaybreakError('INTERNAL', `the rebuild's run ${runId} is gone`)
      const finished = await trackRun(run, daybreak, call)
      await call.output.record({ slices, partitions, run: runId, state: finished.state })
      return exitCodeOfRun(finished, [])
    })
  },
})

/** The relational record of what happened. */
export const ledger = group({
  name: 'ledger',
  description: 'Mend the ledger.',
  commands: { rebuild: async () => rebuild },
})
