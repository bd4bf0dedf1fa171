import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { policyOf } from '../../config/hooks-config.ts'
import { csvRecords } from '../../lib/csv-records.ts'
import type { Run } from '../entities.ts'
import type { Ports } from '../ports.ts'
import type { TableDefinition, TableTools } from '../tables/tools.ts'
import type { WindowPlan } from '../tables/window-plan.ts'
import { rowOf } from './change-rows.ts'
import type { HookRow } from './ports.ts'
import { type HookPorts, hookFailure, runHooks, tellFailure } from './run-hooks.ts'
import { callingOf, placedAt, subjectOf } from './window-hooks.ts'

interface AfterLoad {
  readonly plan: WindowPlan
  readonly definition: TableDefinition
  readonly run: Run
  readonly tools: TableTools
  readonly signal?: AbortSignal | undefined
}

type LoadedPorts = Pick<Ports, 'hooks' | 'clock' | 'log' | 'ledger' | 'objects' | 'withScratch'>

/** Runs the hooks after a window is in its table: those of its rows, then those of the window. */
export async function hooksAfterLoad(after: AfterLoad, ports: LoadedPorts): Promise<void> {
  const called = callingOf(ports, after.signal)
  if (called === null) return
  await showRows(after, called, ports)
  const hooks = placedAt('window.after', after)
  if (hooks.length === 0) return
  const counts = await countsOf(after.plan, ports)
  await runHooks('window.after', hooks, subjectOf(after, { counts }), called)
}

async function countsOf({ pipeline, stream, window }: WindowPlan, { ledger }: LoadedPorts) {
  const slices = await ledger.slices({ pipeline, streams: [stream], windows: [window] })
  const sum = (member: 'records' | 'accepted' | 'rejected') =>
    slices.reduce((total, { delivery }) => total + (delivery?.counts[member] ?? 0), 0)
  return { source: sum('records'), accepted: sum('accepted'), rejected: sum('rejected') }
}

/** Shows the rows of a window to scripts, with the texts that the destination was sent. */
async function showRows(after: AfterLoad, called: HookPorts, ports: LoadedPorts): Promise<void> {
  const { plan, tools, run } = after
  const hooks = placedAt('row.after', after).filter(({ hook }) => hook.backfill || run.backfillId === null)
  if (hooks.length === 0) return
  const { pipeline, stream, window } = plan
  const slices = await ports.ledger.slices({ pipeline, streams: [stream], windows: [window] })
  const parts = slices.flatMap(({ delivery }) => (delivery && delivery.part.rows > 0 ? [delivery.part.object] : []))
  if (parts.length === 0) return
  await ports.withScratch(async (folder) => {
    const path = join(folder, 'rows.csv')
    const columns = plan.columns.map((column, place) => ({ place, column, asText: plan.asText }))
    const engine = await tools.engine()
    await engine.toCsv(await Promise.all(parts.map((name) => ports.objects.uri(name))), columns, path)
    for (const placed of hooks) await showTo(placed, path, { after, called })
  })
}

interface Showing {
  readonly after: AfterLoad
  readonly called: HookPorts
}

async function showTo(
  { hook, name }: ReturnType<typeof placedAt>[number],
  path: string,
  { after, called }: Showing,
): Promise<void> {
  if (!('script' in hook)) return
  const names = after.plan.columns.map((column) => column.name)
  const { event, key } = subjectOf(after)
  const call = { hook, key: `${key}/${name}`, event: { v: 1, hook: name, ...event, attempt: 1 } as const }
  let batch: HookRow[] = []
  const send = async () => {
    const answers = batch.length === 0 ? [] : await called.caller.rows(call, batch, called.signal)
    const refused = answers.flatMap((answer) => ('reject' in answer ? [answer.reject] : []))
    batch = []
    if (refused.length > 0)
      called.log({
        severity: 'WARNING',
        message: `Hook ${name} objects to ${refused.length} rows that are written: ${refused[0]}`,
        code: 'HOOK_FAILED',
      })
  }
  try {
    for await (const record of csvRecords(createReadStream(path))) {
      batch.push(rowOf(names, record))
      if (batch.length >= hook.batch) await send()
    }
    await send()
  } catch (error) {
    const failure = hookFailure(error)
    if (policyOf(hook, 'row.after') === 'fail') throw failure
    tellFailure(name, failure, called.log)
  }
}
