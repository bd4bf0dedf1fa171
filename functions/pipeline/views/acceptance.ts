import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { acceptColumns } from '../../config/accept-columns.ts'
import { proposeAcceptance, type Rename } from '../../contract/accept.ts'
import { matchHeader } from '../../contract/drift.ts'
import type { HeaderVersion } from '../../contract/header-history.ts'
import { addDays } from '../../lib/business-date.ts'
import { isDay } from '../../lib/window-time.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { HeldBackSlice, RunScope } from '../entities.ts'
import type { Ports } from '../ports.ts'
import { archivedHeader, driftedSlices } from './drifted.ts'
import { readHeaderHistory } from './header-history.ts'

/** Edit of a contract that takes the header of its newest quarantined file. */
export interface Acceptance {
  readonly slice: HeldBackSlice
  /** Columns that differ; empty when the contract takes the header as it is. */
  readonly changes: ReturnType<typeof proposeAcceptance>
  /** Where files of the scope have had this header; null when it can be read of none. */
  readonly seen: HeaderVersion | null
  /** Path of the contract's file. */
  readonly path: string
  /** The whole file after the edit. */
  readonly text: string
}

// A header that began earlier was accepted long ago, or is a defect of its own.
const SEEN_DAYS = 31

interface Asked {
  readonly definition: PipelineDefinition
  readonly scope: Pick<RunScope, 'windows' | 'shards' | 'streams'>
  readonly renames: readonly Rename[]
  /** Absolute. */
  readonly projectDir: string
}

/**
 * One edit for each stream that has a quarantined file in the scope, made when it is asked for. Nothing is written.
 * @throws {DaybreakError} as `proposeAcceptance`, `acceptColumns` and `matchHeader`.
 */
export async function* acceptances(
  { definition, scope, renames, projectDir }: Asked,
  { ledger, objects }: Pick<Ports, 'ledger' | 'objects'>,
): AsyncGenerator<Acceptance> {
  const slices = await driftedSlices(definition.name, scope, ledger)
  const taken = new Set<string>()
  for (const slice of slices) {
    const { stream } = slice
    const contract = definition.contracts.get(stream)
    if (!contract || taken.has(stream)) continue
    taken.add(stream)
    const names = await archivedHeader(slice, contract, objects)
    const changes = proposeAcceptance(contract, names, renames)
    const { versions } = await readHeaderHistory(
      { definition, contract, ...(isDay(slice.window) && { from: addDays(slice.window, -SEEN_DAYS) }) },
      { ledger, objects },
    )
    const seen =
      versions.toReversed().find(({ columns }) => columns.map(({ name }) => name).join('\n') === names.join('\n')) ??
      null
    const file = `config/contracts/${definition.name}/${stream}.yaml`
    const path = join(projectDir, file)
    const edited = acceptColumns({ file, text: await readFile(path, 'utf8') }, contract, changes)
    matchHeader(edited.contract, names)
    yield { slice, changes, seen, path, text: edited.text }
  }
}
