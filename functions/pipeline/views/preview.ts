import { fileOf } from '../../contract/contract.ts'
import { isOptional, type PipelineDefinition, readContracts, shardOf, versionFor } from '../definition.ts'
import type { BusinessDate, Run, RunScope, SliceState } from '../entities.ts'
import { plannerOf } from '../plan/planners.ts'
import type { Ports } from '../ports.ts'
import { withShards } from '../read/discover.ts'
import { standing } from '../shard.ts'
import { wordsOf } from '../slice-words.ts'
import { decide, isNothing, newSlice } from '../steps/decide.ts'
import { openSession, type SourceSession } from '../steps/extract.ts'
import { listDay, matchDay, NOTHING_LISTED } from '../steps/list-day.ts'
import { isReopened } from '../steps/look.ts'
import { readTimes } from '../window-times.ts'

/** Plan of a run for one slice. */
export interface PreviewRow {
  readonly shard: string
  readonly window: BusinessDate
  readonly stream: string
  readonly state: SliceState
  readonly action: 'fetch' | 'redo' | 'keep' | 'wait' | 'absent'
  /** Bytes to fetch. */
  readonly bytes: number
  readonly note: string
}

/** Plan of a run of this scope, as of now: lists the source, reads the ledger, changes nothing. */
export async function preview(
  definition: PipelineDefinition,
  { scope, trigger }: { scope: RunScope; trigger: Run['trigger'] },
  ports: Ports,
): Promise<readonly PreviewRow[]> {
  const now = ports.clock.now()
  const planner = plannerOf(definition)
  const days = planner.span(scope, now)
  const slices = await ports.ledger.sliceLooks({ pipeline: definition.name, ...days })
  const looks = plannerOf(await withShards(definition, { scope, days, slices }, ports)).plan({
    trigger,
    scope,
    slices,
    now,
  })
  const session = openSession(ports.source(definition.name), ports.clock)
  const rows: PreviewRow[] = []
  try {
    for (const { shard, windows } of looks)
      for (const window of windows)
        rows.push(...(await previewDay(definition, { shard, window, scope, session }, ports)))
    return rows
  } finally {
    await session.close()
  }
}

/** Sums of a plan. */
interface PreviewSummary {
  readonly fetch: number
  readonly redo: number
  readonly keep: number
  readonly absent: number
  /** Absent ones that the source no longer has. */
  readonly gone: number
  /** Bytes to fetch. */
  readonly bytes: number
}

/** Pure: counts the rows of a plan by what is done. */
export function summarize(rows: readonly PreviewRow[]): PreviewSummary {
  const count = (action: PreviewRow['action']) => rows.filter((row) => row.action === action).length
  return {
    fetch: count('fetch'),
    redo: count('redo'),
    keep: count('keep'),
    absent: count('absent'),
    gone: rows.filter(({ action, note }) => action === 'absent' && note.includes('no longer')).length,
    bytes: rows.reduce((sum, { action, bytes }) => (action === 'fetch' ? sum + bytes : sum), 0),
  }
}

/** Pure: true for a row that a run would fetch or transform again. */
export function isWork({ action }: PreviewRow): boolean {
  return action === 'fetch' || action === 'redo'
}

interface Day {
  readonly shard: string
  readonly window: BusinessDate
  readonly scope: RunScope
  readonly session: SourceSession
}

async function previewDay(
  definition: PipelineDefinition,
  { shard: id, window, scope, session }: Day,
  ports: Ports,
): Promise<readonly PreviewRow[]> {
  const shard = shardOf(definition, id)
  if (!shard) return []
  const contracts = readContracts(definition, shard)
  const listed = scope.fromArchive ? NOTHING_LISTED : await listDay({ definition, shard, window, contracts }, session)
  const matched = matchDay(listed, contracts)
  const filter = { pipeline: definition.name, shards: [id], windows: [window] }
  const times = await readTimes(definition.name, [window], ports.ledger)
  const [slices, records] = await Promise.all([ports.ledger.slices(filter), ports.ledger.deliveries(filter)])
  const isOpen = await isReopened(slices, { definition, shard, window }, ports)
  return contracts
    .filter(({ stream }) => scope.streams?.includes(stream) ?? true)
    .flatMap((contract) => {
      const { stream } = contract
      const slice =
        slices.find((one) => one.stream === stream) ??
        newSlice({ pipeline: definition.name, stream, shard: id, window })
      const file = matched.fileOf(contract)
      const optional = isOptional(definition, stream)
      const decision = decide({
        slice,
        file,
        lastRecord: records.find((one) => one.stream === stream && one.raw.sha256 === slice.raw?.sha256) ?? null,
        version: { contract: versionFor(definition, contract, shard), engine: ports.transformer.engine },
        readiness: plannerOf(definition).readiness(shard, window, times),
        minimumAge: definition.minimumAge,
        closed: standing(shard, window, times) === 'closed',
        optional,
        force: scope.force ?? false,
        beside: file === null ? matched.beside(fileOf(contract)) : '',
        again: false,
        isOpen,
        rehash: false,
        now: ports.clock.now(),
        words: wordsOf(definition),
      })
      if (isNothing(decision, slice, optional)) return []
      const bytes = decision.action === 'fetch' ? decision.file.bytes : 0
      const reason = 'reason' in decision ? decision.reason : slice.reason
      const note = reason?.message ?? ''
      return [{ shard: id, window, stream, state: slice.state, action: decision.action, bytes, note }]
    })
}
