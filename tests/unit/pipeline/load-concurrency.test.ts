import { expect, it } from 'vitest'
import { ensureLoaded } from '../../../functions/pipeline/load.ts'
import { createJobWarehouse, type JobWarehouse } from '../../support/job-warehouse.ts'
import { createLoadBench, DATE, TASK } from '../../support/load-bench.ts'
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
      warehouse.table.map(({ part }) => part.object),
      how,
    ).toEqual(agreed)
    expect(partition, how).toMatchObject({ state: 'idle', loading: 0, loaded: partition?.wanted })
    expect(
      slices.map(({ state }) => state),
      how,
    ).toEqual(['loaded', 'loaded'])
    expect(warehouse.running(), how).toEqual([])
  }
})
