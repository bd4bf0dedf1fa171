import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileOf } from '../../contract/contract.ts'
import { type ErrorCode, toDaybreakError } from '../../errors.ts'
import { type PipelineDefinition, shardOf, versionFor } from '../definition.ts'
import type { BusinessDate, Delivery, Slice } from '../entities.ts'
import { sourceName } from '../names.ts'
import type { Ports, TransformResult } from '../ports.ts'
import { readerOf } from '../read/readers.ts'
import { plainFile, sliceRequest } from '../steps/transform.ts'

/** Comparison of a slice as it would become now with what it became then. */
interface ShadowResult {
  readonly shard: string
  readonly window: BusinessDate
  readonly stream: string
  readonly outcome: 'same' | 'different' | 'failed'
  /** True when contract, zone, key and engine are those of then: the part must be the same to the byte. */
  readonly sameVersion: boolean
  /** Differences, with numbers and no content; empty for `same`. */
  readonly message: string
  readonly code: ErrorCode | null
}

/**
 * Transforms the raw objects of some business dates again, with the contracts and the engine of this process, and compares
 * with what is published. Reads object storage and the ledger, writes to scratch alone: safe while the real night runs.
 */
export async function replayInShadow(
  definition: PipelineDefinition,
  windows: readonly BusinessDate[],
  ports: Ports,
): Promise<readonly ShadowResult[]> {
  const slices = await ports.ledger.slices({ pipeline: definition.name, windows })
  const results: ShadowResult[] = []
  // One at a time: a gate has all day, and the worker next to it has the memory.
  for (const slice of slices) {
    if (slice.delivery) results.push(await replay(slice, slice.delivery, { definition, ports }))
  }
  return results
}

interface Shadow {
  readonly definition: PipelineDefinition
  readonly ports: Ports
}

async function replay(slice: Slice, delivery: Delivery, shadow: Shadow): Promise<ShadowResult> {
  const { shard, window, stream } = slice
  const known = { shard, window, stream }
  try {
    const { made, version } = await transformAgain(slice, delivery, shadow)
    const sameVersion = version === delivery.contract && shadow.ports.transformer.engine === delivery.engine
    const message = differences(delivery, made, sameVersion).join('; ')
    return { ...known, sameVersion, message, outcome: message === '' ? 'same' : 'different', code: null }
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    return { ...known, sameVersion: false, outcome: 'failed', message, code }
  }
}

async function transformAgain(slice: Slice, delivery: Delivery, { definition, ports }: Shadow) {
  const contract = definition.contracts.get(slice.stream)
  const shard = shardOf(definition, slice.shard)
  if (!contract || !shard) throw new Error(`${slice.stream} of ${slice.shard} is no longer configured`)
  const made = await ports.withScratch(async (scratch) => {
    const [path, outDir] = [join(scratch, 'raw'), join(scratch, 'out')]
    await mkdir(outDir)
    await ports.objects.fetch(delivery.raw.object, path)
    return await ports.transformer.transform({
      contract,
      ...sliceRequest(contract, slice, shard),
      sourceFile: readerOf(definition).placeOf(slice, sourceName(fileOf(contract), delivery.raw.object)),
      raw: await plainFile({ key: slice, contract, scratch, raw: { ...delivery.raw, path } }),
      outDir,
      privacyKey: definition.privacyKey,
    })
  })
  return { made, version: versionFor(definition, contract, shard) }
}

/** Counts and sums to the cent always; sizes as well where nothing that decides them has changed. */
function differences(then: Delivery, now: TransformResult, sameVersion: boolean): readonly string[] {
  const columns = [...new Set([...Object.keys(then.totals), ...Object.keys(now.totals)])]
  return [
    ...unequal('accepted rows', then.counts.accepted, now.counts.accepted),
    ...unequal('rejected rows', then.counts.rejected, now.counts.rejected),
    ...columns.flatMap((column) =>
      unequal(`sum of ${column}`, then.totals[column] ?? 'none', now.totals[column] ?? 'none'),
    ),
    ...(sameVersion ? unequal('bytes of the part', then.part.bytes, now.part.bytes) : []),
    ...(sameVersion ? unequal('bytes of the rejects', then.rejects.bytes, now.rejects.bytes) : []),
  ]
}

function unequal(what: string, then: string | number, now: string | number): readonly string[] {
  return then === now ? [] : [`${what}: ${then} then, ${now} now`]
}
