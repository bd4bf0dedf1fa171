import { type PipelineDefinition, tableFor } from '../definition.ts'
import type { BusinessDate, Partition } from '../entities.ts'
import { incidentCause } from '../incident-cause.ts'
import { findManifest, isAdded } from '../manifest.ts'
import type { Change, Ports } from '../ports.ts'
import { differenceFrom } from './move.ts'

type VerifyPorts = Pick<Ports, 'ledger' | 'objects' | 'destination'>

/** A partition whose table is not what was loaded, and how. */
export interface Mismatch {
  readonly stream: string
  readonly window: BusinessDate
  readonly message: string
}

/** Compares the tables of a range with the manifests that the ledger says they equal: rows, raw files and sums. */
export async function verifyRange(
  definition: PipelineDefinition,
  range: { readonly from?: BusinessDate; readonly to?: BusinessDate },
  ports: VerifyPorts,
): Promise<{ readonly verified: number; readonly mismatches: readonly Mismatch[] }> {
  const partitions = await ports.ledger.partitions({ pipeline: definition.name, ...range })
  const loaded = partitions.filter((partition) => isComparable(definition, partition))
  const mismatches: Mismatch[] = []
  for (const partition of loaded) {
    const message = await mismatchOf(definition, partition, ports)
    if (message !== null) mismatches.push({ stream: partition.stream, window: partition.window, message })
  }
  return { verified: loaded.length, mismatches }
}

// A page of partitions in which the next one after the cursor is looked for.
const PAGE = 100

/**
 * Verifies one partition, the next in turn: what every sweep does, so that a table that was changed by hand is found although
 * none of its files is new. A mismatch opens the incident that a later load of the partition resolves.
 */
export async function verifyNext(
  definition: PipelineDefinition,
  ports: VerifyPorts & Pick<Ports, 'clock' | 'log'>,
): Promise<Mismatch | null> {
  const { ledger, clock, log } = ports
  const name = `verified/${definition.name}`
  const partition = await nextAfter(definition, (await ledger.mark(name))?.value ?? '', ledger)
  if (partition === null) return null
  const { stream, window } = partition
  const message = await mismatchOf(definition, partition, ports)
  const at = clock.now()
  const seen: Change = { change: 'mark', mark: { name, value: placeOf(partition), at } }
  if (message === null) {
    await ledger.apply([seen])
    return null
  }
  const reason = { code: 'NOT_RECONCILED', message: `${message}; ${remedyOf(definition.name, window)}` } as const
  const cause = incidentCause.load(definition.name, stream, window)
  await ledger.apply([seen, { change: 'incident_opened', ...cause, severity: 'error', reason, runId: null, at }])
  log({ severity: 'WARNING', ...reason, step: 'load', pipeline: definition.name, stream, window: window })
  return { stream, window, message }
}

/** The command that loads a partition again. */
export function remedyOf(pipeline: string, window: BusinessDate): string {
  return `\`daybreak backfill ${pipeline} --start-date ${window} --end-date ${window} --from-archive --reload\` loads it again`
}

async function nextAfter(
  definition: PipelineDefinition,
  place: string,
  ledger: VerifyPorts['ledger'],
): Promise<Partition | null> {
  const [from] = place.split('/')
  const following = await ledger.partitions({ pipeline: definition.name, ...(from && { from }), limit: PAGE })
  const next = following.find((one) => placeOf(one) > place && isComparable(definition, one))
  if (next || place === '') return next ?? null
  return await nextAfter(definition, '', ledger)
}

function placeOf({ window, stream }: Partition): string {
  return `${window}/${stream}`
}

function isComparable({ contracts }: PipelineDefinition, { state, loaded, stream }: Partition): boolean {
  return state === 'idle' && loaded > 0 && (isAdded(stream) || contracts.has(stream))
}

async function mismatchOf(
  definition: PipelineDefinition,
  partition: Partition,
  ports: VerifyPorts,
): Promise<string | null> {
  const { stream, window, loaded } = partition
  const table = tableFor(definition, stream)
  const manifest = await findManifest(partition, loaded, ports)
  const content = await ports.destination(definition.name).partitionTotals(table, window)
  const difference = manifest === null ? `its manifest ${loaded} is gone` : differenceFrom(manifest, content, table)
  if (difference === null) return null
  // A load may have ended between the two looks.
  const now = await ports.ledger.partition(definition.name, stream, window)
  return now?.version === partition.version ? `${stream} of ${window}: ${difference}` : null
}
