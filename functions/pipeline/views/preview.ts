import { join } from 'node:path'
import { namedFiles } from '../../contract/file-name.ts'
import { toFolderName } from '../../lib/business-date.ts'
import { isOptional, type PipelineDefinition, readContracts, readiness, standing, versionFor } from '../definition.ts'
import type { BusinessDate, Run, RunScope, SliceState } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { decide, isNothing, newSlice } from '../steps/decide.ts'
import { openSession, type SourceSession } from '../steps/extract.ts'
import { findFile, namesOf } from '../steps/packed.ts'
import { plan, planWindow } from '../work/plan.ts'

/** What a run would do with one slice. */
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

/** What a run of this scope would do now: lists the source, reads the ledger, changes nothing. */
export async function preview(
  definition: PipelineDefinition,
  { scope, trigger }: { scope: RunScope; trigger: Run['trigger'] },
  ports: Ports,
): Promise<readonly PreviewRow[]> {
  const now = ports.clock.now()
  const slices = await ports.ledger.slices({ pipeline: definition.name, ...planWindow(definition, scope, now) })
  const looks = plan({ definition, trigger, scope, slices, now })
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
  const shard = definition.shards.find((one) => one.id === id)
  if (!shard) return []
  const folder = join(definition.root, id, toFolderName(window))
  const named = namedFiles(readContracts(definition, shard)).flatMap(namesOf)
  const listing = scope.fromArchive ? null : await session.use((source) => source.listFiles(folder, named))
  const filter = { pipeline: definition.name, shards: [id], windows: [window] }
  const [slices, records] = await Promise.all([ports.ledger.slices(filter), ports.ledger.deliveries(filter)])
  return readContracts(definition, shard)
    .filter(({ stream }) => scope.streams?.includes(stream) ?? true)
    .flatMap((contract) => {
      const { stream } = contract
      const slice =
        slices.find((one) => one.stream === stream) ??
        newSlice({ pipeline: definition.name, stream, shard: id, window })
      const optional = isOptional(definition, stream)
      const decision = decide({
        slice,
        file: findFile(contract, new Map(listing?.files.map((file) => [file.name, file]))),
        lastRecord: records.find((one) => one.stream === stream && one.raw.sha256 === slice.raw?.sha256) ?? null,
        version: { contract: versionFor(definition, contract, shard), engine: ports.transformer.engine },
        readiness: readiness(definition, shard, window),
        minimumAge: definition.minimumAge,
        closed: standing(shard, window) === 'closed',
        optional,
        force: scope.force ?? false,
        beside: '',
        again: false,
        rehash: false,
        now: ports.clock.now(),
      })
      if (isNothing(decision, slice, optional)) return []
      const bytes = decision.action === 'fetch' ? decision.file.bytes : 0
      const reason = 'reason' in decision ? decision.reason : slice.reason
      const note = reason?.message ?? ''
      return [{ shard: id, window, stream, state: slice.state, action: decision.action, bytes, note }]
    })
}
