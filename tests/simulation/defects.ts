import { DaybreakError } from '../../functions/errors.ts'
import type { Change, Ports } from '../../functions/pipeline/ports.ts'
import { DEFECTS as OF_PORTS } from '../crash/defects.ts'

/** A mistake that the simulation has to find. */
export interface Defect {
  readonly name: string
  readonly plant: (ports: Ports) => Ports
}

/** Those of the crash harness, and some that only many workers and much time show. */
export const DEFECTS: readonly Defect[] = [
  ...OF_PORTS,
  { name: 'a ledger that lets one write over what another recorded', plant: regardless },
  { name: 'an object store that deletes what it finds where it wanted to write', plant: deletesOnConflict },
  { name: 'a job that is started anew by a worker that finds it running', plant: startsAnew },
  { name: 'an outbox that forgets what could not be sent', plant: forgetsUnsent },
]

function regardless({ ledger, ...ports }: Ports): Ports {
  const current = async (each: Change): Promise<Change> => {
    if (each.change === 'slice')
      return { ...each, slice: { ...each.slice, version: (await ledger.slice(each.slice))?.version ?? 0 } }
    if (each.change !== 'partition') return each
    const { pipeline, stream, window: date } = each.partition
    const version = (await ledger.partition(pipeline, stream, date))?.version ?? 0
    return { ...each, partition: { ...each.partition, version } }
  }
  const apply = async (changes: readonly Change[]) => await ledger.apply(await Promise.all(changes.map(current)))
  return { ...ports, ledger: replaced(ledger, { apply }) }
}

function deletesOnConflict({ objects, ...ports }: Ports): Ports {
  const gone = new Set<string>()
  const put: typeof objects.put = async (name, content) => {
    const stored = await objects.put(name, content)
    // Nothing in a simulation is ever deleted, so what is deleted here is forgotten by this worker.
    if (!stored.created && name.endsWith('.parquet')) gone.add(name)
    return stored
  }
  const get: typeof objects.get = async (name) => {
    if (gone.has(name)) throw new DaybreakError('OBJECT_MISSING', name)
    return await objects.get(name)
  }
  const uri: typeof objects.uri = (name) => (gone.has(name) ? `${objects.uri(name)}.deleted` : objects.uri(name))
  return { ...ports, objects: replaced(objects, { put, get, uri }) }
}

/** No epochs: each worker has jobs of its own, and a partition as many as there are workers. */
function startsAnew({ destination, newId, ...ports }: Ports): Ports {
  const warehouse = destination('toast')
  const own = new Map<string, string>()
  return {
    ...ports,
    newId,
    destination: () =>
      replaced(warehouse, {
        startLoad(job) {
          own.set(job.id, `${newId()}${job.id}`)
          return warehouse.startLoad({ ...job, id: own.get(job.id) ?? job.id })
        },
        loadStatus: (job) => warehouse.loadStatus({ ...job, id: own.get(job.id) ?? job.id }),
      }),
  }
}

function forgetsUnsent({ ledger, ...ports }: Ports): Ports {
  return {
    ...ports,
    ledger: replaced(ledger, {
      messages: async (filter) => (filter.states?.includes('pending') ? [] : await ledger.messages(filter)),
    }),
  }
}

function replaced<Port extends object>(port: Port, members: Partial<Port>): Port {
  return new Proxy(port, { get: (target, key) => Reflect.get(key in members ? members : target, key) })
}
