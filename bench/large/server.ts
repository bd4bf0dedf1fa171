import { systemClock } from '../../functions/adapters/local/clock.ts'
import { serveLaptop } from '../../functions/compose/serve.ts'
import { loadProject } from '../../functions/config/project.ts'
import { PROGRAM, UNLIMITED } from '../../tests/support/api-world.ts'
import { countStatements } from '../../tests/support/count-statements.ts'

/** `daybreak serve` without the limits of requests, in a process of its own: benchmarks start it, and end it by SIGTERM. It tells the number of its statements at SIGUSR2. */
const statements = countStatements()
const env = process.env
const project = await loadProject({ projectDir: env['DAYBREAK_PROJECT_DIR'] ?? '.', environment: 'local', env })
const served = await serveLaptop(project, {
  ...{ clock: systemClock, env, port: 0, version: '0.1.0', program: PROGRAM, dashboard: null },
  ...{ limits: UNLIMITED, isWorking: false, log: () => undefined },
})
process.stdout.write(`${served.port}\n`)
process.on('SIGUSR2', () => process.stdout.write(`${statements()}\n`))
process.once('SIGTERM', () => void served.close())
