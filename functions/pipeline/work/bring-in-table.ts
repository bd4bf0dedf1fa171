import { DaybreakError } from '../../errors.ts'
import { sumTotals } from '../../lib/decimal.ts'
import { applied } from '../apply.ts'
import type { Slice, Work } from '../entities.ts'
import { windowHooks } from '../hooks/window-hooks.ts'
import type { Change } from '../ports.ts'
import { readWindow, settleWindow, sourceTotals } from '../tables/bring-in.ts'
import { refusedStream, soundStream, toLasting } from '../tables/refused-stream.ts'
import { expectTools, type TableDefinition } from '../tables/tools.ts'
import { readWindowPlan, type WindowPlan } from '../tables/window-plan.ts'
import { recordOf } from './plan-tables.ts'
import { newMessage } from './run.ts'
import type { Assignment, Ending, Worker } from './worker.ts'

type IngestWork = Extract<Work, { kind: 'ingest' }>
type Task = Assignment & { readonly definition: TableDefinition }

/** The work of an `ingest` of a table: reads its windows, and records each with the load that follows. Safe to repeat. */
export async function bringInTable(work: IngestWork, task: Task, worker: Worker): Promise<Ending> {
  const { stream, pipeline } = work
  if (stream === undefined) throw new DaybreakError('MESSAGE_INVALID', `an ingest of ${pipeline} names no stream`)
  for (const window of work.windows) {
    const plan = await readWindowPlan({ pipeline, stream, window }, worker.ports.objects)
    try {
      await bringInWindow(plan, task, worker)
    } catch (error) {
      const failure = toLasting(error)
      if (isAlone(task)) throw failure
      const at = worker.ports.clock.now()
      await worker.ports.ledger.apply(
        refusedStream({ place: { pipeline, stream, window }, failure, run: task.run, at }),
      )
    }
  }
  return { end: 'done' }
}

/** The only stream of a run that cannot be read fails the run. */
function isAlone({ run, definition }: Task): boolean {
  return (run.scope.streams ?? Object.keys(definition.config.tables)).length === 1
}

async function bringInWindow(
  plan: WindowPlan,
  { run, definition }: Task,
  { ports, tables, signal }: Worker,
): Promise<void> {
  const { pipeline, stream, window } = plan
  const tools = expectTools(tables)
  const slicesNow = () => ports.ledger.slices({ pipeline, streams: [stream], windows: [window] })
  const known = await slicesNow()
  if (isRead(known)) return await publish(plan, known, { run, definition }, ports)
  const [reader, engine] = [await tools.reader(pipeline), await tools.engine()]
  const started = ports.clock.now()
  const hooks = windowHooks({ plan, definition, run }, ports, signal)
  await hooks?.beforeWindow()
  await ports.withScratch(async (scratch) => {
    const landed = await readWindow({ plan, reader, engine, scratch, hooks, ...(signal && { signal }) }, ports)
    const now = ports.clock.now()
    const budget = definition.config.rejectBudget
    const { changes, isStaged } = settleWindow(landed, { run, budget, known, now })
    const next = isStaged ? [newMessage({ kind: 'load', pipeline, stream, window }, run.id, ports)] : []
    const isRecorded = await applied(
      [
        ...changes,
        soundStream(plan, now),
        { change: 'window', window: recordOf(plan, 'read', sourceTotals(landed, sumTotals)) },
        ...next.map((message): Change => ({ change: 'message', message })),
      ],
      ports.ledger,
    )
    const rows = landed.reduce((sum, { delivery }) => sum + delivery.counts.records, 0)
    ports.log({
      severity: 'INFO',
      message: `Read ${stream}, window ${window}: ${rows} rows in ${landed.length} shards`,
      ...{ step: 'extract', pipeline, stream, window, runId: run.id, milliseconds: now - started },
    })
    // Another worker has read the same window meanwhile; what it recorded is loaded.
    if (!isRecorded) await publish(plan, await slicesNow(), { run, definition }, ports)
  })
}

function isRead(slices: readonly Slice[]): boolean {
  return slices.length > 0 && slices.every(({ raw }) => raw !== null)
}

/** A window that is read already is loaded by this run as well. */
async function publish(
  plan: WindowPlan,
  slices: readonly Slice[],
  { run }: Pick<Task, 'run' | 'definition'>,
  ports: Worker['ports'],
): Promise<void> {
  const { pipeline, stream, window } = plan
  const now = ports.clock.now()
  const isRefused = slices.some(({ state }) => state === 'quarantined')
  const next = isRefused ? [] : [newMessage({ kind: 'load', pipeline, stream, window }, run.id, ports)]
  await ports.ledger.apply([
    { change: 'window', window: recordOf(plan, 'read') },
    ...slices.map(
      ({ shard, reason, delivery, state }): Change => ({
        change: 'run_slice',
        at: now,
        runSlice: {
          ...{
            pipeline,
            stream,
            window,
            shard,
            runId: run.id,
            reason,
            counts: delivery?.counts ?? null,
            milliseconds: 0,
          },
          outcome: state === 'quarantined' ? 'quarantined' : state === 'loaded' ? 'unchanged' : 'resumed',
        },
      }),
    ),
    ...next.map((message): Change => ({ change: 'message', message })),
  ])
}
