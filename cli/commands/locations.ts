import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { withLocation } from '../../functions/config/locations-file.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { timeZoneProblem } from '../../functions/lib/time-zone.ts'
import { askPipeline, withApi } from '../api.ts'
import { command, group } from '../command.ts'
import { PIPELINE_ARG } from '../scope.ts'
import { readCount } from '../values.ts'

const list = command({
  name: 'locations list',
  remote: 'served',
  description: 'List the locations of a pipeline: configured ones, and those that an import brought in.',
  args: PIPELINE_ARG,
  async run(call) {
    await withApi(call, async (api) => {
      const { name } = await askPipeline(api, call.args.pipeline)
      const { locations: known } = await api('GET /api/locations', { query: { pipeline: name } })
      await call.output.rows({
        columns: ['id', 'name', 'time_zone', 'closeout_hour', 'known_from'],
        rows: known.map(({ id, name: called, timeZone, closeoutHour, knownFrom }) => ({
          ...{ id, name: called, time_zone: timeZone, closeout_hour: closeoutHour },
          known_from: knownFrom === 'config' ? 'config/locations.yaml' : knownFrom,
        })),
        empty: 'No location is known yet. Add one with `daybreak locations add`, or import files.',
      })
    })
  },
})

const add = command({
  name: 'locations add',
  description: 'Add a location to config/locations.yaml. Comments in the file stay.',
  args: {
    id: { type: 'positional', description: 'Export id: the name of its folder on the server.' },
    'time-zone': { type: 'string', required: true, valueHint: 'ZONE', description: 'IANA zone: America/New_York.' },
    name: { type: 'string', valueHint: 'NAME', description: 'What people call it; its id if absent.' },
    'closeout-hour': {
      type: 'string',
      valueHint: 'N',
      description: 'Hour at which its business date ends; 4 if absent.',
    },
  },
  examples: ["daybreak locations add 1234 --name 'Harbor Street' --time-zone America/New_York"],
  async run({ args, options, output }) {
    const hour = args['closeout-hour']
    const location = {
      id: args.id,
      name: args.name ?? args.id,
      timeZone: readTimeZone('--time-zone', args['time-zone']),
      closeoutHour: hour === undefined ? null : readCount('--closeout-hour', hour, { min: 0, max: 11 }),
    }
    const path = join(options.projectDir, 'config', 'locations.yaml')
    await replaceFile(path, withLocation(await readIfThere(path), location))
    await output.record({ id: location.id, name: location.name, time_zone: location.timeZone, file: path })
    await output.text('\nNext: daybreak validate')
  },
})

/** An IANA zone. @throws {DaybreakError} USAGE_INVALID naming the flag. */
export function readTimeZone(flag: string, zone: string): string {
  const problem = timeZoneProblem(zone)
  if (problem === null) return zone
  throw new DaybreakError('USAGE_INVALID', `${flag}: ${problem}`)
}

async function readIfThere(path: string): Promise<string | null> {
  return await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

/** Whole or not at all: an editor or another command may read the file. */
async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

/** Locations that a pipeline knows. */
export const locations = group({
  name: 'locations',
  description: 'List the locations that are known, and add one.',
  commands: { list: async () => list, add: async () => add },
})
