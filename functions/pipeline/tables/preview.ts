import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { lossOf } from '../../sql/fidelity.ts'
import type { TargetPlan } from '../destination.ts'
import type { RunScope } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { type NextStep, proposeStep } from './next-window.ts'
import { sourceText, type TableReader } from './ports.ts'
import { WHOLE } from './shards.ts'
import type { TableDefinition, TableTools } from './tools.ts'
import { hash, targetOf, type WindowPlan } from './window-plan.ts'

/** A column of a plan, from the source to the destination. */
interface PlannedColumn {
  readonly from: string
  readonly native: string
  readonly to: string
  /** As the destination writes it. */
  readonly type: string
  /** Values that are not the same behind, or rejected; empty where every value is the same. */
  readonly note: string
}

/** The work of a run with one stream. */
export interface StreamPlan {
  readonly stream: string
  readonly mode: string
  readonly onConflict: string
  readonly from: string
  readonly into: string
  readonly action: 'read' | 'load' | 'none' | 'refuse'
  readonly window: string
  readonly range: { readonly column: string; readonly after: string | null; readonly to: string } | null
  /** Null where the stream is not read. */
  readonly rows: number | null
  readonly isEstimate: boolean
  readonly key: readonly string[]
  readonly columns: readonly PlannedColumn[]
  readonly isNew: boolean
  readonly statements: readonly string[]
  /** Reasons for which the stream would fail. */
  readonly problems: readonly string[]
}

/** Plan of a run of a pipeline of tables. */
export interface TablesPlan {
  /** The same as long as windows, columns and tables are: rows that come after the plan do not change it. */
  readonly id: string
  readonly streams: readonly StreamPlan[]
}

interface Previewing {
  readonly definition: TableDefinition
  readonly scope: Pick<RunScope, 'streams'>
  readonly tools: TableTools
}

type PreviewPorts = Pick<Ports, 'ledger' | 'objects' | 'clock' | 'destination'>

/** Plans a run: asks source and destination, and changes nothing. */
export async function previewTables(previewing: Previewing, ports: PreviewPorts): Promise<TablesPlan> {
  const { definition, scope } = previewing
  const names = definition.config.streams.filter((name) => scope.streams?.includes(name) ?? true)
  const streams: StreamPlan[] = []
  for (const stream of names) streams.push(await previewStream(stream, previewing, ports))
  return { id: hash(streams.map(lastingMembers)), streams }
}

/** Members that later rows do not change. */
function lastingMembers({ rows: _, isEstimate: __, window, range, mode, ...rest }: StreamPlan): unknown {
  const isCut = mode === 'incremental' || mode === 'append'
  return { ...rest, mode, window: isCut ? window : '', after: range?.after ?? null }
}

async function previewStream(
  stream: string,
  { definition, tools }: Previewing,
  ports: PreviewPorts,
): Promise<StreamPlan> {
  const config = definition.config.tables[stream]
  if (config === undefined) throw new DaybreakError('USAGE_INVALID', `${definition.name} has no stream ${stream}`)
  try {
    const next = await proposeStep({ definition, stream, config, tools }, ports)
    const plan = next.step === 'none' ? next.last : next.plan
    const empty = { ...NOTHING, stream, mode: config.mode, onConflict: config.onConflict, from: config.from }
    if (plan === null) return { ...empty, into: config.into ?? stream }
    const target = await planTarget(plan, definition, ports)
    const counted =
      next.step === 'read' ? await rowsOf(next.plan, await tools.reader(definition.name), config.from) : UNREAD
    return { ...toStreamPlan(next, plan, { tools, target, pipeline: definition.name }), ...counted }
  } catch (error) {
    const failure = toDaybreakError(error)
    // Nothing can be planned while a server is away.
    if (failure.retryable || failure.code === 'INTERNAL') throw failure
    const { mode, onConflict, from, into = stream } = config
    return { ...NOTHING, stream, mode, onConflict, from, into, action: 'refuse', problems: [failure.message] }
  }
}

const UNREAD = { rows: null, isEstimate: false } as const

const NOTHING = {
  ...UNREAD,
  action: 'none',
  window: '',
  range: null,
  key: [],
  columns: [],
  isNew: false,
  statements: [],
  problems: [],
} as const

interface Planning {
  readonly tools: TableTools
  readonly target: TargetPlan
  readonly pipeline: string
}

function toStreamPlan(
  { step }: NextStep,
  plan: WindowPlan,
  { tools, target, pipeline }: Planning,
): Omit<StreamPlan, 'rows' | 'isEstimate'> {
  const { stream, mode, strategy, from, into, window, range, key, columns, sourceColumns } = plan
  const destination = tools.destinationKind(pipeline)
  const source = plan.asText ? destination : tools.sourceKind(pipeline)
  return {
    ...{ stream, mode, onConflict: strategy, key, window: step === 'none' ? '' : window },
    from: sourceText(from),
    into: sourceText(into),
    action: target.refusals.length > 0 ? 'refuse' : step,
    range: range === null ? null : { column: range.column, after: range.low, to: range.high },
    columns: columns.map((to, at) => {
      const read = sourceColumns[at]
      const native = read?.native ?? ''
      const note = lossOf({ source, destination, native, to })
      return { from: read?.name ?? '', native, to: to.name, type: target.types[at] ?? '', note }
    }),
    isNew: target.isNew,
    statements: target.statements,
    problems: target.refusals,
  }
}

async function planTarget(plan: WindowPlan, { name }: TableDefinition, ports: PreviewPorts): Promise<TargetPlan> {
  const destination = ports.destination(name)
  if (destination.planTable) return await destination.planTable(targetOf(plan))
  throw new DaybreakError('USAGE_INVALID', `the destination of ${name} takes no tables of other systems`)
}

/** The statistics of the server for a table that is read whole, else a count of the range. */
async function rowsOf(plan: WindowPlan, reader: TableReader, name: string) {
  const { from: table, columns, sourceColumns: from, where, range, asText } = plan
  const described = range === null && where === null ? await reader.describe(name) : null
  if (described?.estimatedRows != null && described.estimatedRows > MOST_COUNTED)
    return { rows: described.estimatedRows, isEstimate: true }
  const view = await reader.open({ table, columns, from, where, range, asText, workers: 1 })
  try {
    return { rows: (await view.totals(WHOLE, [])).rows, isEstimate: false }
  } finally {
    await view.close()
  }
}

// Counting so many rows takes a fraction of a second.
const MOST_COUNTED = 1_000_000

/** A plan that was shown still holds. @throws {DaybreakError} PLAN_CHANGED when it does not. */
export async function expectPlan(id: string, previewing: Previewing, ports: PreviewPorts): Promise<void> {
  const now = await previewTables(previewing, ports)
  if (now.id === id) return
  const { name } = previewing.definition
  const message = `the plan ${JSON.stringify(id)} of ${name} holds no longer: what a run would do now is the plan ${now.id}. A window was loaded since, or the pipeline or a table has changed`
  throw new DaybreakError('PLAN_CHANGED', message, { details: { next: `daybreak plan ${name}` } })
}
