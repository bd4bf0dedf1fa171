import { resolve } from 'node:path'
import { makeOwnFolder } from '../../functions/adapters/local/own-folder.ts'
import { configuredLocations } from '../../functions/compose/configured-locations.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { addDays, instantOf, localDate } from '../../functions/lib/business-date.ts'
import type { BusinessDate, Instant, Location } from '../../functions/pipeline/entities.ts'
import { FAULT_NAMES } from '../../mock/faults/catalog.ts'
import type { Wave } from '../../mock/faults/night.ts'
import { mockLocations } from '../../mock/locations.ts'
import { PROFILE_NAMES } from '../../mock/profiles.ts'
import { type MockTree, planTree, writeManifest, writeNights } from '../../mock/tree.ts'
import { type Call, command } from '../command.ts'
import { startProgress } from '../progress.ts'
import { readCount, readDate } from '../values.ts'

/** A synthetic Toast server on this disk, to practise on. */
export const mock = command({
  name: 'mock',
  description: 'Write a synthetic tree of Toast exports whose files agree to the cent, with the faults you ask for.',
  args: {
    locations: { type: 'string', default: '3', valueHint: 'N', description: 'How many, from 185001 on' },
    days: { type: 'string', default: '7', valueHint: 'N', description: 'How many business dates' },
    seed: { type: 'string', default: '1', valueHint: 'N', description: 'The same seed gives the same bytes' },
    faults: {
      type: 'string',
      many: true,
      valueHint: 'LIST',
      description: `name or name@LOCATION/DATE[/STREAM], or all. Names: ${FAULT_NAMES.join(', ')}`,
    },
    out: { type: 'string', required: true, valueHint: 'DIR', description: 'Folder that plays the root of the server' },
    'start-date': { type: 'string', valueHint: 'YYYY-MM-DD', description: 'Default: so that the last is yesterday' },
    profile: { type: 'enum', options: [...PROFILE_NAMES], default: 'restaurant', description: 'Kind of house' },
    scale: { type: 'string', default: '1', valueHint: 'F', description: 'Multiplies the orders: 0.1 is a quiet week' },
    closed: { type: 'string', many: true, valueHint: 'LIST', description: 'LOCATION/DATE without guests' },
    wave: {
      type: 'enum',
      options: ['1', '2', 'all'],
      default: '1',
      description: '1: what is there in the morning; 2: what comes late or is corrected',
    },
  },
  examples: [
    'daybreak mock --out mock',
    'daybreak mock --locations 10 --days 30 --seed 7 --out mock',
    'daybreak mock --faults late,bad_rows@185001/2026-11-14/order_details --start-date 2026-11-14 --out mock',
    'daybreak mock --faults late --out mock --wave 2',
  ],
  async run({ args, options, context, output }) {
    const days = readCount('--days', args.days, { min: 1, max: 3_660 })
    const count = readCount('--locations', args.locations, { min: 1, max: 6_000 })
    const locations = mockLocations(count, await configuredLocations(options.projectDir, context.env))
    const latest = latestTime(context.clock.now())
    const tree = planTree({
      out: resolve(context.cwd, args.out),
      locations,
      startDate: args['start-date']
        ? readDate('--start-date', args['start-date'])
        : daysBack(latest, { days, locations }),
      days,
      seed: readCount('--seed', args.seed, { min: 0, max: 1e12 }),
      faults: args.faults,
      profile: args.profile,
      scale: readScale(args.scale),
      closed: args.closed.map(readClosed),
      latest,
    })
    await makeOwnFolder(tree.out, '--out')
    const waves: readonly Wave[] = args.wave === 'all' ? [1, 2] : [args.wave === '1' ? 1 : 2]
    const written = await writeWaves(tree, waves, { context, options })
    await report(tree, written, output)
  },
})

interface Written {
  readonly files: number
  readonly bytes: number
}

async function writeWaves(
  tree: MockTree,
  waves: readonly Wave[],
  { context, options }: Pick<Call, 'context' | 'options'>,
): Promise<Written> {
  const nights = tree.dates.length * tree.locations.length * waves.length
  const progress = startProgress({ label: 'mock', unit: 'slices', total: nights * 7 }, context, options)
  const written = { nights: 0, files: 0, bytes: 0 }
  for (const wave of waves) {
    for (const { files } of writeNights(tree, wave)) {
      context.signal.throwIfAborted()
      written.nights++
      written.files += files.length
      written.bytes += files.reduce((sum, { bytes }) => sum + bytes, 0)
      progress.update(written.nights * 7)
      // The writing never waits, so without this neither Ctrl-C nor the bar would have a turn.
      await new Promise((turn) => setImmediate(turn))
    }
  }
  progress.stop()
  return written
}

async function report(tree: MockTree, { files, bytes }: Written, output: Call['output']): Promise<void> {
  const faults = writeManifest(tree)
  await output.record({
    out: tree.out,
    locations: tree.locations.length,
    first_date: tree.dates[0],
    last_date: tree.dates.at(-1),
    files,
    bytes,
    faults: faults.length,
  })
  if (faults.length === 0) return
  await output.text(`\nfaults.json, in that folder, says what was planted where, and what should become of it:`)
  for (const fault of faults) {
    await output.text(`  ${fault.fault} ${fault.location}/${fault.date} ${fault.files.join(', ')}`.trimEnd())
  }
}

function readScale(text: string): number {
  const scale = /^\d{1,4}(\.\d{1,6})?$/.test(text) ? Number(text) : 0
  if (scale > 0) return scale
  throw new DaybreakError('USAGE_INVALID', `--scale is "${text}"; expected a number above 0, such as 0.5`)
}

function readClosed(text: string): { readonly location: string; readonly date: BusinessDate } {
  const [, location, date] = /^([^/]+)\/([^/]+)$/.exec(text) ?? []
  if (location !== undefined && date !== undefined) return { location, date: readDate('--closed', date) }
  throw new DaybreakError('USAGE_INVALID', `--closed is "${text}"; expected LOCATION/YYYY-MM-DD`)
}

// A file that was just written is taken for one that is still being written.
const STANDING_STILL = 10 * 60_000

function latestTime(now: Instant): Instant {
  return Math.max(0, now - STANDING_STILL)
}

/** First date of a range of `days` business dates that ends with the newest one that is over at every location. */
function daysBack(
  latest: Instant,
  { days, locations }: { days: number; locations: readonly Location[] },
): BusinessDate {
  const today = localDate(latest, 'UTC')
  const isOver = (date: BusinessDate) =>
    locations.every(({ timeZone, closeoutHour }) => {
      const closeout = instantOf(addDays(date, 1), `${String(closeoutHour).padStart(2, '0')}:00`, timeZone)
      return closeout + WRITTEN_WITHIN <= latest
    })
  const last = [-1, -2].map((back) => addDays(today, back)).find(isOver) ?? addDays(today, -3)
  return addDays(last, 1 - days)
}

// The files of a night are there an hour and a half after its closeout.
const WRITTEN_WITHIN = 90 * 60_000
