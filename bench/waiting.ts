import { hasPostgres, startPostgres } from '../tests/support/postgres.ts'
import { inPostgres, inSqlite, morning, type Place } from '../tests/support/waiting-morning.ts'

const LOCATIONS = (process.argv[2] ?? '10,100,1000').split(',').map(Number)
const MINUTES = 18

/** Loads that wait: what the ends of all locations of a morning cost together, per location. A term that grows with the square would show. */
async function measure(name: string, place: () => Promise<Place>): Promise<void> {
  for (const locations of LOCATIONS) {
    const { db, statements, published, rows, processor } = await morning(await place(), locations, MINUTES)
    const each = (total: number) => (total / locations).toFixed(2)
    const counts = `${statements.length} statements (${each(statements.length)} each), ${rows} partitions read (${each(rows)} each)`
    console.log(
      `${name}, ${locations} locations: ${counts}, ${published.length} loads sent, ${each(processor)} ms of processor each`,
    )
    await db.destroy()
  }
}

await measure('SQLite', async () => inSqlite())
if (hasPostgres) {
  const server = await startPostgres()
  try {
    await measure('PostgreSQL', async () => inPostgres(await server.createLogin()))
  } finally {
    await server.close()
  }
}
