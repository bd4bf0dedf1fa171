import { expect, it } from 'vitest'
import { ensureLoaded } from '../../../functions/pipeline/night.ts'
import { createJobWarehouse, type JobWarehouse } from '../../support/job-warehouse.ts'
import { createLoadBench, DATE, delivery, TASK } from '../../support/load-bench.ts'
import { createMemoryLedger } from '../../support/memory-ledger.ts'
import { seeded } from '../../support/seeded.ts'
import { createTurns } from '../../support/turns.ts'

const SEEDS = Array.from({ length: 120 }, (_, n) => n + 1)

/** Now and then ends a job that runs: mostly well, sometimes with a failure of its own. */
function endSome(warehouse: JobWarehouse, random: () => number): () => void {
  let failures = 0
  return () => {
    const running = warehouse.running()
    expect(running.length).toBeLessThanOrEqual(1)
    const [job] = running
    if (!job || random() > 0.2) return
    if (failures < 2 && random() < 0.15) {
      failures++
      warehouse.end(job.id, { state: 'failed', permanent: false, message: 'backendError' })
    } else warehouse.end(job.id)
  }
}

it('three workers, corrections taken back, failing jobs and two deaths end in agreement, in 120 drawn orders', async () => {
  for (const seed of SEEDS) {
    const random = seeded(seed)
    const warehouse = createJobWarehouse()
    const bench = await createLoadBench(warehouse)
    const turns = createTurns(random)
    await bench.stage('1', 'A')
    await bench.stage('2', 'X')
    const worker = (n: number, letters: readonly string[]) => {
      const ports = turns.portsOf(n, bench.ports)
      const open = [...letters]
      return async () => {
        // A change and its message are one transaction: a change that was made is not made again, its message is.
        for (let letter = open[0]; letter !== undefined; letter = open[0]) {
          await turns.portsOf(n, { nobody: { wait: async () => undefined } }).nobody.wait()
          await bench.stage('1', letter)
          open.shift()
        }
        while ((await ensureLoaded({ ...TASK, budget: 3 }, ports)).outcome === 'pending');
      }
    }
    const work = [worker(0, []), worker(1, ['B']), worker(2, ['C', 'A'])]

    await turns.run(work, { deaths: 2, beside: endSome(warehouse, random) })

    const slices = await bench.ports.ledger.slices({})
    const partition = await bench.ports.ledger.partition('toast', 'orders', DATE)
    const agreed = slices.map(({ delivery }) => `memory://${delivery?.part.object}`)
    const how = `seed ${seed}`
    expect(
      warehouse.table.map(({ part }) => part.uri),
      how,
    ).toEqual(agreed)
    expect(partition, how).toMatchObject({ state: 'idle', loaded: partition?.wanted })
    expect(
      slices.map(({ state }) => state),
      how,
    ).toEqual(['loaded', 'loaded'])
    expect(warehouse.running(), how).toEqual([])
  }
})

/** Workers that load while changes go on, whose messages wait until they are sent; how it ends once all changes are over. */
async function loadWhileChanging(seed: number) {
  const random = seeded(seed)
  const warehouse = createJobWarehouse()
  const bench = await createLoadBench(warehouse, createMemoryLedger())
  const turns = createTurns(random)
  // Nothing is to be marked, as in the partition of rejects: so a look that finds agreement leaves no trace in the row.
  const stage = (letter: string) => bench.change('1', { state: 'loaded', delivery: delivery('1', letter) })
  await stage('A')
  // Messages that are on record: held ones, and those that were sent.
  const held = new Set<string>(['A'])
  const sent = new Set<string>()
  let changing = true
  const waiting = async () => [...held]
  const changer = async () => {
    const { nobody } = turns.portsOf(0, { nobody: { wait: async () => undefined } })
    for (const letter of random() < 0.5 ? ['B', 'A'] : ['B', 'A', 'C', 'A']) {
      for (let turn = 0; turn < 6 * random(); turn++) await nobody.wait()
      await stage(letter)
      held.add(`${letter}${held.size}${sent.size}${random()}`)
    }
    changing = false
  }
  const worker = (n: number) => {
    // What was delivered and not answered: it comes again to the worker that takes the place of a dead one.
    let push: string | undefined
    const ports = turns.portsOf(n, bench.ports)
    const { nobody } = turns.portsOf(n, { nobody: { wait: async () => undefined } })
    return async () => {
      while (push !== undefined || changing || held.size > 0 || sent.size > 0) {
        await nobody.wait()
        const due = [...held, ...sent]
        push ??= due[Math.floor(random() * due.length)]
        if (push === undefined) continue
        if (held.delete(push)) sent.add(push)
        const alike = [...held]
        const isLate = !sent.has(push)
        while ((await ensureLoaded({ ...TASK, budget: 3, waiting }, ports)).outcome === 'pending');
        await nobody.wait()
        for (const id of isLate ? [] : alike) held.delete(id)
        sent.delete(push)
        push = undefined
      }
    }
  }
  await turns.run([changer, worker(1), worker(2), worker(3)], { deaths: 2, beside: endSome(warehouse, random) })
  const [slice] = await bench.ports.ledger.slices({})
  return { table: warehouse.table.map(({ part }) => part.uri), slice: `memory://${slice?.delivery?.part.object}` }
}

it('workers that leave what has changed to a message which waits leave nothing behind, in 600 drawn orders', async () => {
  for (const seed of Array.from({ length: 600 }, (_, n) => n + 1)) {
    const { table, slice } = await loadWhileChanging(seed)
    expect(table, `seed ${seed}`).toEqual([slice])
  }
})
