import { parseArgs } from 'node:util'
import { measureMorning } from './cloud/morning.ts'

const { values } = parseArgs({
  options: {
    locations: { type: 'string', default: '1,10,50' },
    history: { type: 'string', default: '1' },
    processes: { type: 'string', default: '1' },
    job: { type: 'string', default: '3' },
    late: { type: 'string', default: '0.1' },
    scale: { type: 'string', default: '1' },
  },
})

if (import.meta.main) {
  for (const locations of values.locations.split(',').map(Number)) {
    const [history = 1, processes = 1, jobSeconds = 3, late = 0, scale = 1] = [
      values.history,
      values.processes,
      values.job,
      values.late,
      values.scale,
    ].map(Number)
    console.log(
      JSON.stringify(await measureMorning({ locations, history, processes, jobSeconds, late, scale }), null, 1),
    )
  }
}
