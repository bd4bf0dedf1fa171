import { expectedContracts, type PipelineDefinition, readContracts, windowsIn } from '../../pipeline/definition.ts'
import type { RunScope } from '../../pipeline/entities.ts'
import { isDelivered, standing } from '../../pipeline/shard.ts'
import { wordsOf } from '../../pipeline/slice-words.ts'
import { defaultRange } from '../../pipeline/views/status.ts'
import type { ApiContext } from '../context.ts'

/** Slices that a run of this scope would look at, as the ledger knows them. The source is not asked, and nothing is changed. */
export async function planRun(
  definition: PipelineDefinition,
  { windows: asked, shards, streams, fromArchive = false }: RunScope,
  { ports, ledger }: Pick<ApiContext, 'ports' | 'ledger'>,
) {
  const usual = await defaultRange(definition, ports)
  const windows = asked ?? windowsIn(definition, usual)
  const places = definition.shards.filter(
    (shard) => (shards?.includes(shard.id) ?? true) && (fromArchive || isDelivered(shard)),
  )
  const perPlace = places.map((place) => {
    const contracts = streams
      ? readContracts(definition, place).filter(({ stream }) => streams.includes(stream))
      : expectedContracts(definition, place)
    return contracts.length * windows.filter((window) => standing(place, window) === 'open').length
  })
  const slices = perPlace.reduce((sum, count) => sum + count, 0)
  const states = await ledger.sliceCounts({
    ...{ pipeline: definition.name, windows, shards: places.map(({ id }) => id) },
    ...(streams && { streams }),
  })
  const loaded = states['loaded'] ?? 0
  const { shard, window } = wordsOf(definition)
  const counted = (count: number, { one, many }: { readonly one: string; readonly many: string }) =>
    `${count} ${count === 1 ? one : many}`
  const sentence = `${counted(windows.length, window)} of ${counted(places.length, shard)}: ${slices} slices expected, ${loaded} loaded.`
  return { sentence, windows: [...windows], shards: places.map(({ id }) => id), slices, states, fromArchive }
}
