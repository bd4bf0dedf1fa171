import { readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Temporal } from 'temporal-polyfill'
import { groupOpenIncidents } from '../../functions/compose/watch.ts'
import { BUSINESS_DATE } from '../../functions/contract/carried.ts'
import { addDays } from '../../functions/lib/business-date.ts'
import type { Run, RunSlice } from '../../functions/pipeline/entities.ts'
import { type Show, type Stage, setStage } from './stage.ts'
import { FIRST_DATE, LAST_DATE } from './week.ts'

const QUARTER = 15 * 60_000
// One morning more than the week has, for what comes late.
const DAYS = 8
// From 04:30 in New York until a while after 04:30 in Los Angeles, when the last location is late or complete.
const QUARTERS_OF_A_MORNING = 30

/** How the demo ends. */
interface Ending {
  /** Serves the dashboard on what was played until this signal aborts; null ends at once. */
  readonly serveUntil: AbortSignal | null
}

/** The demo: a week of nights in order, then once more, then one correction. Returns the exit code. */
export async function runDemo({ stdout, env, program }: Show, { serveUntil }: Ending): Promise<number> {
  const say = (text = '') => stdout.write(`${text}\n`)
  const began = performance.now()
  say('Daybreak: three restaurants, one week of Toast exports over SFTP, and everything that goes wrong in a week.')
  const stage = await setStage({ stdout, env, program }, firstLook(0))
  try {
    say(
      `A synthetic Toast is served on sftp://${stage.env.DAYBREAK_SFTP_HOST}:${stage.env.DAYBREAK_SFTP_PORT}; the clock is virtual.`,
    )
    const totals = await playNights(stage, say)
    tellTotals(totals, say)
    await showWhatIsKnown(stage, totals, say)
    await playAgain(stage, say)
    await playCorrection(stage, say)
    say(`\nDone in ${((performance.now() - began) / 1000).toFixed(1)} s. Everything is still there to look at:`)
    say(`  export DAYBREAK_HOME=${stage.home} DAYBREAK_PROJECT_DIR=${stage.env.DAYBREAK_PROJECT_DIR}`)
    for (const line of NEXT) say(`  ${line}`)
    if (serveUntil === null) return 0
    say('\nThe same in a browser, until Ctrl-C:')
    return await stage.serve(serveUntil)
  } finally {
    await stage.close()
  }
}

async function showWhatIsKnown(stage: Stage, { sheetRun }: Totals, say: Say): Promise<void> {
  say('\nWhat arrived, and what did not:')
  await stage.command('status', '--from', FIRST_DATE, '--to', LAST_DATE)
  say('\nOne night with two bad rows, reconciled: the same rows and cents in the file, in the part and in the table:')
  await stage.command('runs', 'show', sheetRun)
  say('\nRows that could not be accepted, each with its line and its reason:')
  await stage.command('rejects', 'list')
  say('\nOpen problems, one per cause:')
  await stage.command('incidents', 'list')
}

function tellTotals({ slices, nights, rows, looks, milliseconds }: Totals, say: Say): void {
  const seconds = milliseconds / 1000
  say(
    `\n${slices} files, ${rows.toLocaleString('en')} rows, in ${looks} looks that found work. ` +
      `They took ${seconds.toFixed(1)} s: ${(nights / seconds).toFixed(1)} location-nights per second.`,
  )
}

const NEXT = [
  'npx daybreak runs list',
  'npx daybreak rejects show --line 35',
  `npx daybreak query 'select ${BUSINESS_DATE}, sum(amount) as net_sales from toast.order_details group by 1 order by 1'`,
  'npx daybreak explain DRIFT_MISSING_REQUIRED',
]

type Say = (text?: string) => void

interface Totals {
  /** Run that brought the night with two bad rows. */
  sheetRun: string
  slices: number
  /** Location-nights, each counted by its orders. */
  nights: number
  rows: number
  looks: number
  milliseconds: number
}

/** Every morning, a look every quarter of an hour, as the scheduler would: files are taken when they have come. */
async function playNights(stage: Stage, say: Say): Promise<Totals> {
  const totals: Totals = { sheetRun: 'last', slices: 0, nights: 0, rows: 0, looks: 0, milliseconds: 0 }
  const told = new Set<string>()
  for (let day = 0; day < DAYS; day++) {
    say(`Morning of ${addDays(FIRST_DATE, day + 1)}`)
    for (let quarter = 0; quarter < QUARTERS_OF_A_MORNING; quarter++) {
      await stage.clock.set(firstLook(day) + quarter * QUARTER)
      stage.week.reveal(stage.clock.now())
      const began = performance.now()
      const { run, slices } = await look(stage)
      const staged = slices.filter(({ outcome }) => outcome === 'staged')
      if (staged.length > 0) {
        totals.milliseconds += performance.now() - began
        totals.looks++
      }
      if (staged.some(({ shard: location, window: date }) => location === '185002' && date === '2026-10-29'))
        totals.sheetRun = run.id
      totals.slices += staged.length
      totals.nights += staged.filter(({ stream }) => stream === 'order_details').length
      totals.rows += run.counts.rows
      tell(slices, { stage, say, told })
    }
  }
  return totals
}

async function look(stage: Stage): Promise<{ run: Run; slices: readonly RunSlice[] }> {
  const daybreak = await stage.open()
  const run = await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'schedule', scope: {} }))
  await groupOpenIncidents(daybreak)
  return { run, slices: await daybreak.ports.ledger.runSlices(run.id) }
}

/** One line per location and day that something new was learned of. */
function tell(slices: readonly RunSlice[], { stage, say, told }: { stage: Stage; say: Say; told: Set<string> }): void {
  const days = Map.groupBy(slices, ({ shard: location, window: date }) => `${location} ${date}`)
  for (const [day, group] of days) {
    const loaded = group.filter(({ outcome }) => outcome === 'staged')
    const rows = loaded.reduce((sum, { counts }) => sum + (counts?.accepted ?? 0), 0)
    const rejected = loaded.reduce((sum, { counts }) => sum + (counts?.rejected ?? 0), 0)
    const problems = group.filter(({ outcome }) => outcome === 'quarantined' || outcome === 'missing')
    const fresh = problems.filter(({ stream }) => !told.has(`${day} ${stream}`))
    for (const { stream } of fresh) told.add(`${day} ${stream}`)
    if (loaded.length === 0 && fresh.length === 0) continue
    const notes = fresh.map(({ outcome, reason }) => `\n             ${outcome}: ${reason?.message}`)
    const what = `${loaded.length} ${loaded.length === 1 ? 'file' : 'files'} loaded, ${rows.toLocaleString('en')} rows${rejected > 0 ? `, ${rejected} rejected` : ''}`
    say(`  ${clockTime(stage)}  ${day}  ${what}${notes.join('')}`)
  }
}

async function playAgain(stage: Stage, say: Say): Promise<void> {
  say('\nThe same again. Nothing is new, so nothing is done, and nothing is doubled:')
  await stage.command('run', 'toast')
}

/** Toast writes one file of Thursday again: one tip was entered late. */
async function playCorrection(stage: Stage, say: Say): Promise<void> {
  const path = join(stage.server, '185001', '20261028', 'OrderDetails.csv')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.slice(0, text.lastIndexOf('\r\n', text.length - 3) + 2))
  await stage.clock.advance(3 * 3_600_000)
  const written = (stage.clock.now() - 3_600_000) / 1000
  await utimes(path, written, written)
  const before = await epochs(stage)
  say('\nToast exports one file of 2026-10-28 again, with one order less. Only what depends on it changes:')
  await stage.command('run', 'toast')
  const after = await epochs(stage)
  const changed = [...after].filter(([key, epoch]) => before.get(key) !== epoch).map(([key]) => key)
  say(`Partitions loaded again: ${changed.join(', ')} (of ${after.size})`)
}

async function epochs(stage: Stage): Promise<ReadonlyMap<string, number>> {
  const daybreak = await stage.open()
  const partitions = await daybreak.ports.ledger.partitions({ pipeline: 'toast' })
  return new Map(partitions.map(({ stream, window: date, epoch }) => [`${stream} ${date}`, epoch]))
}

function firstLook(day: number): number {
  return Temporal.PlainDate.from(FIRST_DATE)
    .add({ days: day + 1 })
    .toZonedDateTime({ timeZone: 'America/New_York', plainTime: '04:30' }).epochMilliseconds
}

function clockTime({ clock }: Stage): string {
  const time = Temporal.Instant.fromEpochMilliseconds(clock.now()).toZonedDateTimeISO('America/New_York')
  return `${time.toPlainTime().toString({ smallestUnit: 'minute' })} ET`
}
