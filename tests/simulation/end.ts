import { isDeepStrictEqual } from 'node:util'
import type { Slice } from '../../functions/pipeline/entities.ts'
import { standing } from '../../functions/pipeline/shard.ts'
import { parseText } from './file.ts'
import { DATES } from './scenario.ts'
import type { World } from './simulate.ts'

type Seen = Pick<World, 'memory' | 'watch' | 'warehouse' | 'topics' | 'part' | 'definition' | 'source'>

/** When nothing is under way, every partition equals its newest manifest, or an incident says why not. */
export async function checkQuiet({ memory, watch, warehouse, topics }: Seen): Promise<void> {
  const pending = await memory.messages({ states: ['pending'], limit: 1 })
  if (topics.underway() > 0 || pending.length > 0) return
  const open = await memory.incidents({ states: ['open'] })
  const explained = (stream: string, date: string) =>
    open.some(({ key }) =>
      key.startsWith('load/') || key.startsWith('message/') ? key.endsWith(`${stream}/${date}`) : false,
    )
  for (const { stream, window: date, state, wanted, loaded, rows } of await memory.partitions({})) {
    const shown = warehouse.rows(stream, date).length
    if (explained(stream, date)) continue
    if (state !== 'idle' || wanted !== loaded)
      watch.found(`at rest ${stream} ${date} is ${state}, ${loaded} of ${wanted}`)
    if (rows !== shown) watch.found(`I3 at rest ${stream} ${date} has ${shown} rows, the ledger says ${rows}`)
  }
}

/** Once all is over, the tables show the latest that was written, and all that is not there has a reason. */
export async function checkEnd(world: Seen): Promise<void> {
  const { memory, watch, definition } = world
  for (const location of definition.shards) {
    for (const date of DATES) {
      for (const stream of definition.contracts.keys()) {
        const slice = await memory.slice({ pipeline: definition.name, stream, shard: location.id, window: date })
        const isClosed = standing(location, date) === 'closed'
        if (slice === null) watch.found(`I5 no look was ever for ${stream} ${date} of ${location.id}`)
        else await checkSlice(slice, isClosed, world)
      }
    }
  }
  await checkRejects(world)
  await checkLeftovers(world)
}

async function checkSlice(
  slice: Slice,
  isClosed: boolean,
  { memory, watch, warehouse, source, part }: Seen,
): Promise<void> {
  const { stream, window: date, shard: location, state, delivery, reason } = slice
  const what = `${stream} ${date} of ${location}`
  const path = `/${location}/${date.replaceAll('-', '')}/${stream}.csv`
  const written = source.files.get(path)
  const shown = warehouse.rows(stream, date).filter(({ id }) => id.startsWith(`${location}/`))
  if (written === undefined) {
    const should = isClosed ? 'waived' : 'missing'
    if (state !== should) watch.found(`I5 ${what} was never written, and is ${state} instead of ${should}`)
    if (shown.length > 0) watch.found(`I1 ${what} was never written, and has rows`)
    if (!isClosed) await expectIncident(`missing/toast/${location}`)
    return
  }
  const isGood = ['good', 'header', 'few bad rows'].includes(written.kind)
  if (isGood) {
    if (state !== 'loaded') watch.found(`I5 ${what}, ${written.kind}, is ${state}: ${reason?.message}`)
    if (!isDeepStrictEqual(shown, parseText(written.text).rows))
      watch.found(`I1 ${what} does not show what was written last`)
    if (written.kind !== 'good' && written.kind !== 'header')
      await expectIncident(`rejects/toast/${location}/${stream}`)
    return
  }
  if (state !== 'quarantined' || reason === null) watch.found(`I5 ${what}, ${written.kind}, is ${state}`)
  if (!isDeepStrictEqual(shown, delivery ? part(delivery.part.object) : []))
    watch.found(`I1 ${what} is held back, and the table does not show what it had`)
  await expectIncident(`refused/toast/${location}/${reason?.code}`)

  async function expectIncident(key: string) {
    const open = await memory.incidents({ states: ['open'], keyPrefix: key })
    if (!open.some((incident) => incident.key === key)) watch.found(`nothing explains ${what}: no incident ${key}`)
  }
}

async function checkRejects({ memory, watch, warehouse, part }: Seen): Promise<void> {
  for (const date of DATES) {
    const slices = await memory.slices({ windows: [date] })
    const should = slices.flatMap(({ rejects }) => (rejects && rejects.rows > 0 ? part(rejects.object) : [])).length
    const shown = warehouse.rows('rejects', date).length
    if (shown !== should) watch.found(`I7 ${shown} rejects of ${date} are shown, ${should} were found`)
  }
}

async function checkLeftovers({ memory, watch }: Seen): Promise<void> {
  const runs = await memory.runs({ states: ['queued', 'running'] })
  if (runs.length > 0)
    watch.found(`I8 ${runs.length} runs never end, one of them ${runs[0]?.trigger} ${runs[0]?.state}`)
  const messages = await memory.messages({ states: ['pending'] })
  if (messages.length > 0)
    watch.found(`I8 ${messages.length} messages stay pending, one of them ${messages[0]?.work.kind}`)
  const dead = (await memory.messages({ states: ['dead'] })).filter(({ reason }) => reason?.code !== 'CANCELLED')
  for (const { work, reason } of dead.slice(0, 3))
    watch.found(`a ${work.kind} stays dead after its replay: ${reason?.message}`)
  const backfills = await memory.backfills({ states: ['queued', 'running', 'paused'] })
  if (backfills.length > 0) watch.found(`I8 a backfill stays ${backfills[0]?.state}`)
  const held = await memory.incidents({ states: ['open'] })
  for (const { key, reason } of held.filter((one) => /^(load|message\/toast|run)\//.test(one.key)).slice(0, 3))
    watch.found(`an incident stays open though all is well: ${key}: ${reason.message}`)
}
