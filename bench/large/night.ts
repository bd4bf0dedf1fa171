import { createInterface } from 'node:readline'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { compose } from '../../functions/compose.ts'
import { LocationsConfig } from '../../functions/config/config.ts'
import { loadProject } from '../../functions/config/project.ts'
import { mockLocations } from '../../mock/locations.ts'
import { countStatements } from '../../tests/support/count-statements.ts'

/** Works on a night for each date of its input, and tells what it took. `readers.ts` starts it. */
const statements = countStatements()
const env = process.env
const project = await loadProject({ projectDir: env['DAYBREAK_PROJECT_DIR'] ?? '.', environment: 'local', env })
const places = mockLocations(Number(env['BENCH_LOCATIONS']), [])
const { locations } = LocationsConfig.parse({
  version: 1,
  locations: places.map(({ id, name, timeZone, closeoutHour }) => {
    return { id, name, time_zone: timeZone, closeout_hour: closeoutHour }
  }),
})
const daybreak = await compose(project, { clock: systemClock, log: () => undefined, locations })
process.stdout.write('ready\n')
for await (const window of createInterface({ input: process.stdin })) {
  const [began, cpu, before] = [performance.now(), process.cpuUsage(), statements()]
  const scope = { windows: [window], shards: places.map(({ id }) => id) }
  const run = await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope }))
  const { user, system } = process.cpuUsage(cpu)
  const night = {
    ...{
      state: run.reason === null ? run.state : `${run.state} (${run.reason.message})`,
      slices: run.counts.slices,
      statements: statements() - before,
    },
    ...{ wall: (performance.now() - began) / 1_000, processor: (user + system) / 1e6 },
  }
  process.stdout.write(`${JSON.stringify(night)}\n`)
}
await daybreak.close()
