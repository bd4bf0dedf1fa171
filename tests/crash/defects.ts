import type { LoadJob, LoadStatus } from '../../functions/pipeline/destination.ts'
import type { Message } from '../../functions/pipeline/entities.ts'
import { toIdle } from '../../functions/pipeline/load/row.ts'
import type { Change, Ledger, ObjectStore, Ports, Source } from '../../functions/pipeline/ports.ts'
import { LEASE } from '../../functions/pipeline/work/run.ts'
import { listedContent } from '../support/listed-content.ts'
import type { Wrap } from './story.ts'

/** A mistake that a developer could make in the pipeline or in an adapter, made in every process. */
export interface Defect {
  readonly name: string
  /** The call at which a kill shows it. Null when none is needed: a run that nothing disturbs ends wrong. */
  readonly killedAt: string | null
  readonly plant: Wrap
}

export const DEFECTS: readonly Defect[] = [
  {
    name: 'a slice that is recorded as loaded before the message that loads it',
    killedAt: 'ledger.apply',
    plant: loadedBeforeLoad,
  },
  {
    name: 'a partition that is recorded as loaded before its job is started',
    killedAt: 'objects.get',
    plant: (ports) => withLedger(ports, { apply: (changes) => ports.ledger.apply(changes.map(toLoaded)) }),
  },
  { name: 'a load that is done before its work is', killedAt: 'warehouse.startLoad', plant: doneBeforeWork },
  {
    name: 'the record of a part that is put before the part, and is believed',
    killedAt: 'objects.put',
    plant: recordBeforePart,
  },
  {
    name: 'messages of a run that was taken over and are not sent again',
    killedAt: 'queue.publish',
    plant: neverSentAgain,
  },
  { name: 'a warehouse that drops a part, without a count', killedAt: null, plant: dropsPart },
  {
    name: 'a job id made of what it loads, so that a correction taken back loads nothing',
    killedAt: null,
    plant: idOfContent,
  },
  { name: 'a source that ends a file early, without a comparison of sizes', killedAt: null, plant: endsEarly },
]

function withLedger({ ledger, ...ports }: Ports, members: Partial<Ledger>): Ports {
  const all = new Proxy(ledger, { get: (target, key) => Reflect.get(key in members ? members : target, key) })
  return { ...ports, ledger: all }
}

function toLoadedSlice(each: Change): Change {
  if (each.change !== 'slice' || each.slice.state !== 'staged') return each
  return { ...each, slice: { ...each.slice, state: 'loaded' } }
}

function toLoaded(each: Change): Change {
  if (each.change === 'partition' && each.partition.state === 'pending')
    return { ...each, partition: { ...toIdle(each.partition), loaded: each.partition.loading } }
  return toLoadedSlice(each)
}

/** No outbox: slices first, the loads that wait for them in the next transaction. */
function loadedBeforeLoad(ports: Ports): Ports {
  const { ledger } = ports
  const late: Change[] = []
  const isLoad = (each: Change) =>
    each.change === 'message' && each.message.work.kind === 'load' && each.message.version === 0
  const apply: Ledger['apply'] = async (changes) => {
    const before = late.splice(0)
    late.push(...changes.filter(isLoad))
    await ledger.apply([...before, ...changes.filter((each) => !isLoad(each)).map(toLoadedSlice)])
  }
  return withLedger(ports, { apply })
}

function doneBeforeWork(ports: Ports): Ports {
  const { ledger } = ports
  return withLedger(ports, {
    async message(id) {
      const message = await ledger.message(id)
      if (message?.state !== 'pending' || message.work.kind !== 'load') return message
      await ledger.apply([{ change: 'message', message: { ...message, state: 'done' } }])
      return { ...message, version: message.version + 1 }
    },
  })
}

function recordBeforePart(ports: Ports): Ports {
  const { objects } = ports
  const late: (() => Promise<unknown>)[] = []
  const put: ObjectStore['put'] = async (name, content) => {
    if (name.endsWith('.parquet')) late.push(() => objects.put(name, content))
    return name.endsWith('.parquet') ? { created: true } : await objects.put(name, content)
  }
  const size: ObjectStore['size'] = async (name) => {
    const bytes = await objects.size(name)
    if (bytes !== null || !name.endsWith('.parquet')) return bytes
    const record = await objects.get(name.replace(/parquet$/, 'json')).catch(() => null)
    return record === null ? null : JSON.parse(Buffer.from(record).toString()).part.bytes
  }
  return withLedger(
    { ...ports, objects: { ...objects, put, size, can: { mend: false } } },
    {
      async apply(changes) {
        for (const next of late.splice(0)) await next()
        await ports.ledger.apply(changes)
      },
    },
  )
}

function neverSentAgain({ queue, clock, ...ports }: Ports): Ports {
  const isNew = ({ createdAt }: Message) => clock.now() - createdAt < LEASE
  return { ...ports, clock, queue: { ...queue, publish: (messages) => queue.publish(messages.filter(isNew)) } }
}

function dropsPart({ destination, ...ports }: Ports): Ports {
  const warehouse = destination('toast')
  const promised = new Map<string, Extract<LoadStatus, { state: 'done' }>>()
  return {
    ...ports,
    destination: () => ({
      ...warehouse,
      startLoad(job) {
        promised.set(job.id, { state: 'done', ...listedContent(job.entries) })
        return warehouse.startLoad({ ...job, entries: job.entries.slice(1) })
      },
      async loadStatus(job) {
        const status = await warehouse.loadStatus(job)
        return status?.state === 'done' ? (promised.get(job.id) ?? status) : status
      },
    }),
  }
}

function idOfContent({ destination, ...ports }: Ports): Ports {
  const warehouse = destination('toast')
  const ids = new Map<string, string>()
  const idOf = ({ table, window: date, entries }: LoadJob) =>
    JSON.stringify([table.name, date, entries.map(({ rawSha256, stream }) => [stream, rawSha256])])
  return {
    ...ports,
    destination: () => ({
      ...warehouse,
      startLoad(job) {
        ids.set(job.id, idOf(job))
        return warehouse.startLoad({ ...job, id: idOf(job) })
      },
      loadStatus: (job) => warehouse.loadStatus({ ...job, id: ids.get(job.id) ?? job.id }),
    }),
  }
}

function endsEarly({ source, ...ports }: Ports): Ports {
  const half = (bytes: number) => Math.floor(bytes / 2)
  const shortened = (whole: Source): Source => ({
    ...whole,
    async listFiles(folder, named) {
      const listing = await whole.listFiles(folder, named)
      return listing && { ...listing, files: listing.files.map((file) => ({ ...file, bytes: half(file.bytes) })) }
    },
    async *read(file, signal) {
      const listed = await whole.listFiles(file.path.slice(0, file.path.lastIndexOf('/')))
      let left = file.bytes
      for await (const chunk of whole.read(listed?.files.find(({ path }) => path === file.path) ?? file, signal)) {
        yield chunk.subarray(0, left)
        left = Math.max(0, left - chunk.length)
      }
    },
  })
  return {
    ...ports,
    source: (pipeline) => {
      const { name, connect } = source(pipeline)
      return { name, connect: async (signal) => shortened(await connect(signal)) }
    },
  }
}
