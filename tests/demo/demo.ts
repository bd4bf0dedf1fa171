import { readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { z } from 'zod'
import { generateNight } from '../../mock/night.ts'
import { writeTree } from '../../mock/tree.ts'
import { createScheduler, type Job } from '../emulators/scheduler/scheduler.ts'
import { type Days, daysBefore } from './days.ts'
import { LOCATIONS, POP_UP, type Stage, setStage } from './stage.ts'

export interface DemoOptions {
  readonly stdout: Writable
  /** Nights that the scheduler finds, 1 to 5. */
  readonly nights?: number
  /** Multiplies the number of orders. */
  readonly scale?: number
  /** Server to run; that of the checkout unless told. */
  readonly program?: string
  /** Looks at the end, before everything is taken down. */
  readonly atEnd?: (stage: Stage, days: Days) => Promise<void>
}

const Plan = z.object({ slices: z.int(), runs: z.int() })
const State = z.object({ state: z.string() })
const Letters = z.object({
  messages: z.array(
    z.object({
      id: z.string(),
      work: z.object({ kind: z.string(), stream: z.string(), window: z.string() }),
      reason: z.object({ code: z.string(), message: z.string() }),
    }),
  ),
})

type Say = (text?: string) => void

interface Scene {
  readonly stage: Stage
  readonly days: Days
  readonly say: Say
  readonly scale: number
}

/** The demo over the local Google Cloud: every trigger once, everything that may go wrong with one of them, and the bill. */
export async function runCloudDemo({ stdout, nights = 3, scale = 1, program, atEnd }: DemoOptions): Promise<void> {
  const say = (text = '') => void stdout.write(`${text}\n`)
  const began = performance.now()
  const days = daysBefore(Date.now(), nights)
  say(
    'Daybreak on a Google Cloud that runs on this machine: no account, no network. The client libraries are Google’s own.',
  )
  const stage = await setStage(stdout, days, program)
  const scene: Scene = { stage, days, say, scale }
  try {
    introduce(scene, performance.now() - began)
    await playNights(scene)
    await playAgain(scene)
    await playCorrection(scene)
    await playInbox(scene)
    await playBackfill(scene)
    await playDeadLetter(scene)
    await showWhatIsKnown(scene)
    await showMarts(scene)
    tellBill(scene)
    say(`\nDone in ${seconds(began)} s.`)
    await atEnd?.(stage, days)
  } finally {
    await stage.close()
  }
}

function introduce({ stage: { cloud, processes }, say }: Scene, milliseconds: number): void {
  say(`Up after ${(milliseconds / 1000).toFixed(1)} s, each on a port of 127.0.0.1:`)
  say(`  Cloud Storage   ${cloud.storage.url}`)
  say(`  BigQuery        ${cloud.bigquery.url}`)
  say(`  Pub/Sub (gRPC)  ${cloud.pubsub.endpoint}, pushing with OIDC tokens of ${cloud.identity.issuer}`)
  say(`  Secret Manager  ${cloud.secrets.address} (gRPC), with the SFTP key in it`)
  say(
    `  Daybreak        ${processes.length} processes of functions/server.ts, on ports ${processes.map(({ port }) => port).join(' and ')}`,
  )
}

/** Cloud Scheduler fires at 04:30 of each time zone; everything else follows from that. */
async function playNights({ stage, days, say, scale }: Scene): Promise<void> {
  const { nights, backfill } = days
  const last = nights.at(-1)
  const faults = [
    `bad_rows@185001/${last}/order_details`,
    `zero_bytes@185002/${last}/cash_entries`,
    `missing@185003/${last}/kitchen_timings`,
    `renamed_required_column@185003/${last}/payment_details`,
  ]
  const plan = { out: stage.server, locations: [...LOCATIONS], seed: 7, scale }
  writeTree({ ...plan, startDate: nights[0] ?? '', days: nights.length, faults })
  writeTree({ ...plan, startDate: backfill[0] ?? '', days: backfill.length })
  say(
    `\n1. Cloud Scheduler: 04:30 in three time zones. ${nights.length} nights of three restaurants lie on an SFTP server,`,
  )
  say('   with bad rows, an empty file, a missing one, and a column that was renamed.')
  const began = performance.now()
  await fireFirstLooks(stage)
  await stage.settled()
  await tellRuns(stage, say, 'toast')
  const sum = await loaded(stage, 'toast')
  const locationNights = nights.length * LOCATIONS.length
  say(
    `   ${sum.slices} files and ${sum.rows.toLocaleString('en')} rows in BigQuery after ${seconds(began)} s: ` +
      `${(locationNights / Number(seconds(began))).toFixed(1)} location-nights per second.`,
  )
}

async function fireFirstLooks({ cloud }: Stage): Promise<void> {
  const jobs = LOCATIONS.map(
    ({ timeZone }): Job => ({
      ...{ name: `first-look ${timeZone}`, schedule: '30 4 * * *', timeZone, topic: 'tick' },
      data: Buffer.from(JSON.stringify({ pipeline: 'toast', timeZone })),
    }),
  )
  const end = Date.now()
  let now = end - 86_400_000
  const scheduler = createScheduler({
    jobs,
    now: () => now,
    moveTo: async (instant) => {
      now = instant
    },
    publish: ({ data }) => cloud.publish('tick', JSON.parse(Buffer.from(data).toString())),
  })
  await scheduler.runUntil(end)
}

async function playAgain({ stage, say }: Scene): Promise<void> {
  say('\n2. The same schedules fire again, as Cloud Scheduler may. Nothing is done twice:')
  const before = stage.cloud.bigquery.usage().loadJobs
  await fireFirstLooks(stage)
  await stage.settled()
  say(
    `   ${stage.cloud.bigquery.usage().loadJobs - before} load jobs, ${(await stage.rows('runs', 'list')).length} runs as before.`,
  )
}

/** Toast exports a file again, with another source of one order, and a message says so. */
async function playCorrection({ stage, days, say }: Scene): Promise<void> {
  const date = days.nights[0] ?? ''
  say(
    `\n3. Toast exports one file of ${date} again. A message names location and date; only what depends on it is loaded:`,
  )
  await correctLastOrder(stage, date)
  const before = await epochs(stage)
  const began = performance.now()
  await stage.cloud.publish('file-arrival', { pipeline: 'toast', location: '185001', date })
  await untilChanged(stage, before)
  await stage.settled()
  const after = await epochs(stage)
  const changed = [...after].filter(([key, epoch]) => before.get(key) !== epoch).map(([key]) => key)
  say(`   ${changed.join(', ')} anew, of ${after.size} partitions, after ${seconds(began)} s.`)
}

async function playInbox({ stage, days, say, scale }: Scene): Promise<void> {
  const date = days.nights.at(-1) ?? ''
  const { id } = POP_UP
  say(
    `\n4. ${POP_UP.name} uploads its files to a bucket. OBJECT_FINALIZE notifications begin one look for all of them:`,
  )
  const night = generateNight({ seed: 3, location: POP_UP, date, profile: 'small', scale, closed: false })
  const began = performance.now()
  for (const { name, bytes } of night) await stage.cloud.upload(`${id}/${date.replaceAll('-', '')}/${name}`, bytes)
  await until(async () => (await loaded(stage, 'inbox')).slices >= 10)
  await stage.settled()
  await tellRuns(stage, say, 'inbox')
  say(
    `   ${night.length} files uploaded; the 10 that the pipeline has contracts for are in the dataset \`inbox\` after ${seconds(began)} s.`,
  )
}

async function playBackfill({ stage, days, say }: Scene): Promise<void> {
  const [startDate = '', endDate = ''] = days.backfill
  say(`\n5. A backfill over HTTP for ${startDate} and ${endDate}, sent twice with one Idempotency-Key:`)
  const body = { pipeline: 'toast', startDate, endDate }
  const plan = Plan.parse(await (await stage.call('POST', '/backfill?validateOnly=true', body)).json())
  say(`   POST /backfill?validateOnly=true  ${plan.slices} slices in ${plan.runs} run`)
  const began = performance.now()
  const headers = { 'idempotency-key': 'demo' }
  const answers = await Promise.all([1, 2].map(() => stage.call('POST', '/backfill', body, headers)))
  const places = answers.map((answer) => answer.headers.get('location') ?? '')
  for (const [index, answer] of answers.entries()) say(`   POST /backfill  ${answer.status} ${places[index]}`)
  const [place = ''] = places
  const show = async () => State.parse(await (await stage.call('GET', place)).json())
  await until(async () => !['queued', 'running'].includes((await show()).state))
  say(`   GET ${place}  ${(await show()).state} after ${seconds(began)} s`)
}

/** Every process that gets a load dies, as one of a bad revision would; then a good one comes back. */
async function playDeadLetter({ stage, days, say }: Scene): Promise<void> {
  const date = days.nights[0] ?? ''
  say(
    '\n6. A bad revision breaks off every load it is given, while a correction comes in. Pub/Sub tries five times, then gives up:',
  )
  await correctLastOrder(stage, date)
  const began = performance.now()
  stage.pushes((request) => (request === 'POST /load' ? 'before' : 'pass'))
  await stage.cloud.publish('file-arrival', { pipeline: 'toast', location: '185001', date })
  const letters = async () => Letters.parse(await (await stage.call('GET', '/dead-letter')).json()).messages
  await until(async () => (await letters()).length > 0, 45_000)
  await stage.settled()
  const dead = await letters()
  say(`   Given up after ${seconds(began)} s. Recorded, with an incident, and kept until a person mends the cause:`)
  say('   GET /dead-letter')
  for (const { work, reason } of dead) say(`     ${Object.values(work).join(' ')}  ${reason.code}: ${reason.message}`)
  await stage.show('incidents', 'list')
  stage.pushes(() => 'pass')
  const replayed = await stage.call('POST', '/dead-letter:replay', { messages: dead.map(({ id }) => id) })
  await stage.settled()
  say(
    `\n   The revision is taken back. POST /dead-letter:replay  ${replayed.status}; dead now: ${(await letters()).length}`,
  )
}

async function showWhatIsKnown({ stage, days, say }: Scene): Promise<void> {
  say('\nWhat arrived, and what did not:')
  await stage.show('status', 'toast', '--from', days.nights[0] ?? '', '--to', days.nights.at(-1) ?? '')
  say('\nRows that could not be accepted, each with its line and its reason:')
  await stage.show('rejects', 'list', 'toast')
  say('\nOpen problems, one per cause:')
  await stage.show('incidents', 'list')
  say('\nAnd the tables, asked through BigQuery’s API:')
  await stage.show(
    'query',
    `select business_date, count(*) as orders, sum(amount) as net_sales from toast.order_details where business_date >= '${days.backfill[0]}' group by 1 order by 1`,
  )
}

/** Every mart, built in BigQuery by the pushes that followed the loads. */
async function showMarts({ stage, days, say }: Scene): Promise<void> {
  const date = days.backfill.at(-1) ?? ''
  const rows = await martRows(stage)
  say(
    `\nModels were built in BigQuery as soon as what they read was loaded; views show ${rows.size} of them, with rows:`,
  )
  say(`  ${[...rows].map(([name, count]) => `${name} ${count}`).join(', ')}`)
  await stage.show(
    'query',
    `select location_id, net_sales, orders, guests from models.daily_location where business_date = '${date}' order by 1`,
  )
  say('\nThe day of one of them for finance, each line next to a second source:')
  await stage.show('day-sheet', date, '--location', '185001')
}

/** Rows that each view of a model shows. */
export async function martRows({ cloud }: Pick<Stage, 'cloud'>): Promise<ReadonlyMap<string, number>> {
  const names = await cloud.bigquery.rows(
    `SELECT table_name FROM information_schema.tables WHERE table_schema = 'models' ORDER BY 1`,
  )
  const counts = await Promise.all(
    names.map(async ([name]) => {
      const [row] = await cloud.bigquery.rows(`SELECT count(*) FROM "models"."${name}"`)
      return [String(name), Number(row?.[0])] as const
    }),
  )
  return new Map(counts)
}

function tellBill({ stage: { cloud }, say }: Scene): void {
  const { loadJobs, queryJobs, bytesLoaded } = cloud.bigquery.usage()
  const classOf = (name: string) => cloud.storage.calls.filter((call) => call.class === name).length
  const pushes = cloud.pubsub.pushes()
  const acknowledged = pushes.filter(({ answer }) => answer === 204).length
  say('\nWhat Google would have counted:')
  say(`  Cloud Storage  ${classOf('A')} operations of class A, ${classOf('B')} of class B`)
  say(
    `  BigQuery       ${loadJobs} load jobs, which are free, of ${(bytesLoaded / 1e6).toFixed(1)} MB; ${queryJobs} queries`,
  )
  say(
    `  Pub/Sub        ${pushes.length} pushes, ${acknowledged} acknowledged, ${pushes.length - acknowledged} brought again or given up`,
  )
  say(
    '\nWhere to look next: docs/google-cloud.md; `npm run soak -- tests/crash` and `npm run simulate` for what may go wrong; infra/ for the real one.',
  )
}

async function tellRuns({ rows }: Stage, say: Say, pipeline: string): Promise<void> {
  for (const run of (await rows('runs', 'list')).filter((one) => one['pipeline'] === pipeline).toReversed())
    say(`   ${run['trigger']} run ${run['state']}${run['reason'] ? `: ${run['reason']}` : ''}`)
}

async function loaded({ rows }: Stage, pipeline: string): Promise<{ slices: number; rows: number }> {
  const slices = (await rows('slices', 'list', pipeline)).filter(({ state }) => state === 'loaded')
  return { slices: slices.length, rows: slices.reduce((sum, { accepted }) => sum + Number(accepted ?? 0), 0) }
}

async function correctLastOrder({ server }: Stage, date: string): Promise<void> {
  const path = join(server, '185001', date.replaceAll('-', ''), 'OrderDetails.csv')
  const text = await readFile(path, 'utf8')
  const at = text.lastIndexOf(',') + 1
  await writeFile(path, `${text.slice(0, at)}${text.slice(at) === 'Kiosk\r\n' ? 'Catering' : 'Kiosk'}\r\n`)
  const written = Date.now() / 1000 - 600 + Math.random()
  await utimes(path, written, written)
}

async function epochs({ cloud }: Stage): Promise<ReadonlyMap<string, string>> {
  const jobs = cloud.bigquery.jobs().flatMap(({ id }) => {
    const [, stream = '', date = '', epoch = ''] =
      /^cloud_(?:toast|inbox)_(\w+)_(\d{8})_e(\d+)_a\d+(?:_\w+)?$/.exec(id) ?? []
    return stream === '' ? [] : [[`${stream} ${date}`, epoch] as const]
  })
  return new Map(jobs)
}

async function untilChanged(stage: Stage, before: ReadonlyMap<string, string>): Promise<void> {
  await until(async () => [...(await epochs(stage))].some(([key, epoch]) => before.get(key) !== epoch))
}

async function until(isTrue: () => Promise<boolean>, patience = 120_000): Promise<void> {
  for (const end = Date.now() + patience; Date.now() < end; ) {
    if (await isTrue()) return
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  throw new Error(`not in time: ${isTrue}`)
}

function seconds(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(1)
}
