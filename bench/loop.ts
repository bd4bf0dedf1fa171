import { parseArgs } from 'node:util'
import { systemClock } from '../functions/adapters/local/clock.ts'
import { openLocalApi } from '../functions/compose/local-api.ts'
import { compose } from '../functions/compose.ts'
import { loadProject } from '../functions/config/project.ts'
import { lookScheduled } from '../functions/handlers/sweep.ts'
import { extentOf, openPlace } from './large/place.ts'
import { load } from './large/process.ts'

const { values } = parseArgs({
  options: { extent: { type: 'string', default: '1000x15' }, times: { type: 'string', default: '3' } },
})

/** Longest stretches of the event loop while one process answers status and sweeps over many locations. */
const place = await openPlace('sqlite', extentOf(values.extent))
const env = { ...process.env, DAYBREAK_HOME: place.home }
const project = await loadProject({ projectDir: place.project, environment: 'local', env })
const daybreak = await compose(project, { clock: systemClock, log: () => undefined })
const api = openLocalApi(daybreak, project, {
  ...{ actor: 'bench', version: '0', env, program: [], signal: new AbortController().signal },
})
console.log(`sqlite, ${values.extent}, load ${load()}`)
const definition = daybreak.definitions.get('toast')
if (!definition) throw new TypeError('there is no pipeline toast')
const query = { pipeline: 'toast', from: place.windowBack(6), to: place.windowBack(0) }
const month = { ...query, from: place.windowBack(14) }
for (let time = 0; time < Number(values.times); time++) {
  await tell('status, the usual week', () => api('GET /api/status', { query: { pipeline: 'toast' } }))
  await tell('status, a week', () => api('GET /api/status', { query }))
  await tell('status, 15 days', () => api('GET /api/status', { query: month }))
  await tell('status in words, a page', () => api('GET /api/status/days', { query: { ...query, pageSize: 7 } }))
  await tell('sweep', () => lookScheduled(definition, { at: Date.now() }, daybreak.worker))
}
await daybreak.close()
await place.close()

/** Runs work while a timer of a millisecond measures the longest stretch without a turn of the loop. */
async function tell(name: string, work: () => Promise<unknown>): Promise<void> {
  let [last, longest] = [performance.now(), 0]
  const turn = () => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const timer = setInterval(turn, 1)
  await new Promise((resolve) => setTimeout(resolve, 5))
  longest = 0
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  await work()
  const ended = performance.now()
  await new Promise((resolve) => setTimeout(resolve, 5))
  clearInterval(timer)
  const used = process.cpuUsage(cpu)
  const processor = Math.round((used.user + used.system) / 1000)
  console.log(
    `${name}: ${Math.round(ended - began)} ms, processor ${processor} ms, longest stretch ${Math.round(longest)} ms`,
  )
}
