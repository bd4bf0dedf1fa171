import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { openDestination } from '../../functions/compose/destinations.ts'
import { warehouseOf } from '../../functions/pipeline/destination.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from './definition.ts'
import { createWorld, silent } from './world.ts'

// A process of its own: `node memory-nights.ts NIGHTS ENGINE WAREHOUSE` loads the nights of one location one after the other, as
// one process does, and prints its resident memory in MB before the first, after a third and after all of them, as JSON.
// Memory goes up and down by half a limit from night to night, so each is the least of ten nights.
const [nights = '3', engineLimit = '128MB', warehouseLimit = '64MB'] = process.argv.slice(2)
const DAY = 86_400_000
const FIRST = at('2024-01-01T12:00:00Z')
const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }

const transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: engineLimit, tempDir: '.' })
const world = await createWorld({ now: FIRST + (Number(nights) + 2) * DAY, transformer })
const { project, clock } = world
const { warehouse } = project.environment
if (warehouse.kind !== 'duckdb') throw new TypeError('the local environment has a DuckDB file')
const limited = { ...project.environment, warehouse: { ...warehouse, memoryLimit: warehouseLimit } }
const destination = await openDestination({ key: 'warehouse', config: limited.warehouse }, project, {
  clock,
  log: silent,
})
const tables = warehouseOf({ destination: () => destination }, 'toast')
const daybreak = await world.open((ports) => ({ ...ports, destination: () => tables }))

const resident = () => Math.round(process.memoryUsage.rss() / 1_000_000)
const start = resident()
const after: number[] = []
for (let night = 0; night < Number(nights); night++) {
  const date = new Date(FIRST + night * DAY).toISOString().slice(0, 10)
  for (const { name, bytes } of generateNight({
    seed: night,
    date,
    profile: 'small',
    scale: 0.3,
    closed: false,
    location,
  }))
    await world.write(`185001/${date.replaceAll('-', '')}/${name}`, bytes, FIRST + (night + 1) * DAY)
  const run = await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: { windows: [date] } })
  const { state, reason } = await daybreak.drive(run)
  if (state === 'failed') throw new Error(`the run of ${date} failed: ${reason?.message}`)
  globalThis.gc?.()
  after.push(resident())
}
const least = (end: number) => Math.min(...after.slice(Math.max(0, end - 10), end))
const measured = [start, least(Math.ceil(Number(nights) / 3)), least(Number(nights))]
const { rows } = await tables.query('SELECT count(DISTINCT business_date) FROM toast.order_details')
process.stdout.write(`${JSON.stringify({ measured, loaded: Number(rows[0]?.[0]) })}\n`)
await tables.close()
await daybreak.close()
await transformer.close()
await world.close()
