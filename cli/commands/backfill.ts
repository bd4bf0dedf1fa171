import type { Daybreak } from '../../functions/compose.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { datesBetween } from '../../functions/lib/business-date.ts'
import { backfillRow } from '../../functions/pipeline/views/backfills.ts'
import { createBackfill, expectPossible, steerBackfill, workBackfill } from '../../functions/pipeline/work/backfill.ts'
import { readsArchive } from '../../functions/pipeline/work/from-archive.ts'
import { type Call, command, group } from '../command.ts'
import { exitCodeOf } from '../exit-code.ts'
import { LIMIT_ARG, readLimit } from '../lists.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { trackRun } from '../progress-of-run.ts'
import { RELOAD_ARG, SCOPE_ARGS, toScope } from '../scope.ts'
import { readDateRange } from '../values.ts'
import { dryRun } from './plan.ts'

/** Brings in a range of business dates. */
export const backfill = command({
  name: 'backfill',
  description: 'Bring in a range of business dates, from the source or the raw archive.',
  args: {
    pipeline: {
      type: 'positional',
      required: false,
      description: 'A file of config/pipelines; the only one if absent.',
    },
    'start-date': { type: 'string', required: true, valueHint: 'YYYY-MM-DD', description: 'First business date.' },
    'end-date': { type: 'string', required: true, valueHint: 'YYYY-MM-DD', description: 'Last business date.' },
    location: SCOPE_ARGS.location,
    stream: SCOPE_ARGS.stream,
    'from-archive': { type: 'boolean', description: 'Do not ask the source: transform the landed bytes again.' },
    force: { type: 'boolean', description: 'Publish also what a check or the reject budget holds back.' },
    reload: RELOAD_ARG,
    'dry-run': { type: 'boolean', description: 'Show the plan only.' },
  },
  examples: [
    'daybreak backfill toast --start-date 2025-01-01 --end-date 2025-01-31',
    'daybreak backfill toast --start-date 2025-02-05 --end-date 2025-02-05 --from-archive --reload',
  ],
  async run(call) {
    const { args } = call
    const { start, end } = readDateRange(args['start-date'], args['end-date'])
    return await withDaybreak(call, async (daybreak) => {
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
      expectPossible({ from: start, to: end }, daybreak.ports.clock.now())
      if (args['dry-run']) {
        const scope = {
          ...toScope({ location: args.location, stream: args.stream }, definition),
          windows: datesBetween(start, end),
          fromArchive,
        }
        return await dryRun({ definition, scope }, daybreak, call)
      }
      const request = {
        pipeline: definition.name,
        from: start,
        to: end,
        shards: locations,
        streams,
        fromArchive,
        force: args.force,
        reload: args.reload,
      }
      const { id } = await createBackfill(request, daybreak.ports)
      return await work(id, daybreak, call)
    })
  },
})

const ID = { id: { type: 'positional', description: 'Id of a backfill.' } } as const

const list = command({
  name: 'backfills list',
  description: 'List backfills, newest first.',
  args: LIMIT_ARG,
  async run(call) {
    await withDaybreak(call, async ({ ports }) => {
      const all = await ports.ledger.backfills({})
      await call.output.rows({
        columns: ['id', 'pipeline', 'state', 'start', 'end', 'next', 'runs', 'reason'],
        limit: readLimit(call.args),
        rows: all.map((each) => ({ ...backfillRow(each) })),
        empty: 'No backfills yet. Start one with `daybreak backfill --start-date DATE --end-date DATE`.',
      })
    })
  },
})

const show = command({
  name: 'backfills show',
  description: 'Show a backfill and its runs.',
  args: ID,
  async run(call) {
    await withDaybreak(call, async ({ ports }) => {
      const found = await ports.ledger.backfill(call.args.id)
      if (!found) throw new DaybreakError('NOT_FOUND', `there is no backfill ${JSON.stringify(call.args.id)}`)
      await call.output.record({ ...backfillRow(found), run_ids: found.runIds })
    })
  },
})

const steer = (verb: 'pause' | 'cancel', description: string) =>
  command({
    name: `backfills ${verb}`,
    description,
    args: ID,
    async run(call) {
      await withDaybreak(call, async ({ ports }) =>
        call.output.record({ ...backfillRow(await steerBackfill(call.args.id, verb, ports)) }),
      )
    },
  })

const restart = (verb: 'resume' | 'retry', description: string) =>
  command({
    name: `backfills ${verb}`,
    description,
    args: ID,
    async run(call) {
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
