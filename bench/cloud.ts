import { parseArgs } from 'node:util'
import { CAUSES, fitUsage } from './cloud/fit.ts'
import { type Morning, measureMorning } from './cloud/morning.ts'

// What a bill or a limit is made of; the rest is in the records that are printed before.
const FITTED = [
  'classA',
  'classB',
  'loadJobs',
  'queryJobs',
  'bytesBilled',
  'publishedMessages',
  'pushes',
  'ledgerStatements',
  'ledgerWrites',
  'cpuSeconds',
  'instanceSeconds',
  'requestSeconds',
  'logBytes',
  'bytesWritten',
]

/** Location-nights per second of a phase, if it brought any in. */
function rates({ options, phases }: Morning): string {
  const { locations, history, late } = options
  const counts = { history: locations * history, 'first look': locations - Math.round(locations * late) }
  const told = Object.entries(counts).flatMap(([name, count]) => {
    const seconds = phases.find((phase) => phase.name === name)?.seconds
    return seconds
      ? [`${name}: ${(count / seconds).toFixed(2)} location-nights/s, the last loaded after ${seconds.toFixed(1)} s`]
      : []
  })
  return `${locations} locations: ${told.join('; ')}`
}

if (import.meta.main) {
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
  const [history = 1, processes = 1, jobSeconds = 3, late = 0, scale = 1] = [
    values.history,
    values.processes,
    values.job,
    values.late,
    values.scale,
  ].map(Number)
  const mornings: Morning[] = []
  for (const locations of values.locations.split(',').map(Number)) {
    const morning = await measureMorning({ locations, history, processes, jobSeconds, late, scale })
    mornings.push(morning)
    console.log(JSON.stringify(morning, null, 1))
    console.log(rates(morning))
  }
  if (mornings.length > 1) {
    console.log(['', ...CAUSES, 'off at worst'].join('\t'))
    for (const [name, { per, worst }] of fitUsage(mornings, FITTED))
      console.log([name, ...CAUSES.map((cause) => per[cause].toFixed(3)), `${(100 * worst).toFixed(1)} %`].join('\t'))
  }
}
