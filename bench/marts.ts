import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { openDuckdbTransformer } from '../functions/adapters/duckdb/transformer/transformer.ts'
import { readCompiledModels } from '../functions/compose/models.ts'
import { addDays } from '../functions/lib/business-date.ts'
import { partitionsOn } from '../functions/models/affected.ts'
import { compiledOf } from '../functions/models/model-set.ts'
import type { Models } from '../functions/models/order.ts'
import type { BuildJob, BuildsTogether, Publication } from '../functions/pipeline/destination.ts'
import type { Ports } from '../functions/pipeline/ports.ts'
import { ensurePartitions } from '../functions/pipeline/work/build.ts'
import { generateNight } from '../mock/night.ts'
import { startCloudWarehouse } from '../tests/support/cloud-warehouse.ts'
import { createWorld, ROOT, type World } from '../tests/support/world.ts'

const FIRST = '2025-01-06'
const NOW = Date.parse('2025-03-01T20:00:00Z')

/** Numbers of the arguments. */
function readArguments() {
  const { values } = parseArgs({
    options: {
      locations: { type: 'string', default: '10' },
      days: { type: 'string', default: '32' },
      rounds: { type: 'string', default: '5' },
      scale: { type: 'string', default: '1' },
      // 1 leaves the night out, and measures the rebuild alone.
      rebuild: { type: 'string', default: '0' },
    },
  })
  return Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)])) as Record<
    keyof typeof values,
    number
  >
}

/** Seconds on the wall and of the processor, of this process. */
async function timed<Result>(work: () => Promise<Result>) {
  const [began, before] = [performance.now(), process.cpuUsage()]
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { result, seconds: (performance.now() - began) / 1000, processor: (user + system) / 1e6 }
}

const locationsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    ...{ id: `1850${String(at + 1).padStart(2, '0')}`, name: `Place ${at + 1}`, time_zone: 'America/New_York' },
  }))

interface Nights {
  readonly locations: ReturnType<typeof locationsOf>
  readonly dates: readonly string[]
  readonly scale: number
}

async function writeNights(world: World, { locations, dates, scale }: Nights): Promise<number> {
  let bytes = 0
  for (const date of dates)
    for (const { id, name, time_zone: timeZone } of locations) {
      const location = { id, name, timeZone, closeoutHour: 4 }
      for (const file of generateNight({ seed: 7, date, profile: 'restaurant', scale, closed: false, location })) {
        bytes += file.bytes.length
        await world.write(`${id}/${date.replaceAll('-', '')}/${file.name}`, file.bytes)
      }
    }
  return bytes
}

/** A night with and without its marts, on one machine and over the local Google Cloud. */
async function benchNight(models: Models, options: Pick<Nights, 'locations' | 'scale'>): Promise<void> {
  const transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '512MB', tempDir: tmpdir() })
  const night = { ...options, dates: [FIRST] }
  for (const place of ['one machine', 'the local Google Cloud'] as const)
    for (const built of [new Map(), models]) {
      const cloud = place === 'one machine' ? null : await startCloudWarehouse(models, { now: () => world.clock.now() })
      const world: World = await createWorld({
        ...{ now: NOW, transformer, locations: options.locations, models: built },
        ...(cloud && { change: cloud.move }),
      })
      const bytes = await writeNights(world, night)
      const { seconds, processor } = await timed(() => world.run({ scope: { windows: [FIRST] } }))
      const usage = cloud?.bigquery.usage()
      const billed = cloud === null ? 0 : billedOf(cloud.bigquery.jobs())
      console.log(
        `${place}, ${options.locations.length} locations, ${(bytes / 1e6).toFixed(1)} MB, ${built.size} models: ` +
          `${seconds.toFixed(1)} s, ${processor.toFixed(1)} s of processor` +
          (usage
            ? `; ${usage.loadJobs} load jobs, ${usage.queryJobs} queries, ${(billed / 1e6).toFixed(0)} MB billed of builds, ${(usage.bytesBilled / 1e6).toFixed(0)} MB in all`
            : ''),
      )
      await world.close()
      await cloud?.close()
    }
  await transformer.close()
}

type Jobs = ReturnType<Awaited<ReturnType<typeof startCloudWarehouse>>['bigquery']['jobs']>

function billedOf(jobs: Jobs): number {
  return jobs
    .filter(({ configuration }) => configuration.query?.destinationTable?.datasetId === 'models_staging')
    .reduce((sum, { query }) => sum + (query?.billed ?? 0), 0)
}

/** Query and checks of one partition, or of several at once, as a rebuild asks the warehouse. */
interface Statement {
  readonly sql: string
  readonly columns: string
  readonly where: string
  into: string
  checks: string | null
}

/** The ports, with every query of a build noted in the order of its run. */
function noting(statements: Statement[]): (ports: Ports) => Ports {
  const byStaging = new Map<string, Statement>()
  const note = (jobs: readonly BuildJob[], sql: string) => {
    const [first] = jobs
    if (!first) return
    const dates = jobs.map(({ window }) => `DATE '${window}'`).join(', ')
    const made = {
      ...{ sql, into: '', checks: null, columns: first.into.columns.map(({ name }) => quoted(name)).join(', ') },
      where: first.window === null ? 'TRUE' : `${quoted(first.into.partitionColumn ?? '')} IN (${dates})`,
    }
    statements.push(made)
    for (const { into } of jobs) byStaging.set(into.name, made)
  }
  const seen: Readonly<Record<string, (argument: never) => void>> = {
    startBuild: (job: BuildJob) => note([job], job.sql),
    startBuilds: ({ jobs, sql }: BuildsTogether) => note(jobs, sql),
    publishPartition: (one: Publication) => nameTable([one], byStaging),
    publishPartitions: (all: readonly Publication[]) => nameTable(all, byStaging),
    query: (sql: string) => noteChecks(sql, byStaging),
  }
  return (ports) => ({
    ...ports,
    destination: (pipeline) =>
      new Proxy(ports.destination(pipeline), {
        get(target, key) {
          const member: unknown = Reflect.get(target, key)
          if (typeof member !== 'function') return member
          return (...args: unknown[]) => {
            seen[String(key)]?.(args[0] as never)
            return Reflect.apply(member, target, args)
          }
        },
      }),
  })
}

const quoted = (name: string) => `"${name}"`

function nameTable([first]: readonly Publication[], byStaging: ReadonlyMap<string, Statement>): void {
  const made = first && byStaging.get(first.from.name)
  if (made) made.into = `${quoted(first.to.schema)}.${quoted(first.to.name)}`
}

// Where the rows that are checked stand in the text.
const STAGED = /(?<=WITH staged AS MATERIALIZED )\(.*?\)(?=, built\(date\))|"models_staging"\."\w+"/g

function noteChecks(sql: string, byStaging: ReadonlyMap<string, Statement>): void {
  const [, staging = ''] = /"models_staging"\."(\w+)"/.exec(sql) ?? []
  const made = byStaging.get(staging)
  if (made && sql.includes('check_name')) made.checks = sql
}

type Way = 'together' | 'date by date'

/** Every partition of every model once more, although nothing has changed. */
async function rebuild(
  world: World,
  dates: readonly string[],
  { way, wrap }: { readonly way: Way; readonly wrap?: (ports: Ports) => Ports },
): Promise<number> {
  const daybreak = await world.open(wrap)
  let count = 0
  try {
    for (const used of (await daybreak.worker.models?.inUse(daybreak.ports)) ?? []) {
      const partitions = partitionsOn(compiledOf(used.set), { dates })
      const groups = way === 'together' ? [partitions] : partitions.map((one) => [one])
      for (const group of groups)
        for await (const { ensured, ...one } of ensurePartitions(group, { ...used, force: true }, daybreak.worker)) {
          if (ensured?.outcome === 'built') count++
          else if (ensured?.outcome !== 'empty') throw new Error(`${one.model} of ${one.window}: ${ensured?.outcome}`)
        }
    }
  } finally {
    await daybreak.close()
  }
  return count
}

/** The same queries and checks, as a person would run them: the rows replaced in one transaction. One thread, as the warehouse has. */
async function byHand(path: string, statements: readonly Statement[]): Promise<void> {
  const instance = await DuckDBInstance.create(path, { memory_limit: '1GB', threads: '1' })
  const connection = await instance.connect()
  await connection.run(`SET TimeZone = 'UTC'`)
  for (const one of statements) await replace(connection, one)
  connection.closeSync()
  instance.closeSync()
}

async function replace(connection: DuckDBConnection, { sql, into, columns, where, checks }: Statement): Promise<void> {
  await connection.run('BEGIN')
  await connection.run(`DELETE FROM ${into} WHERE ${where}`)
  await connection.run(`INSERT INTO ${into} (${columns}) SELECT ${columns} FROM (${sql})`)
  if (checks !== null) {
    const answer = await connection.runAndReadAll(checks.replace(STAGED, `(SELECT * FROM ${into} WHERE ${where})`))
    answer.getRows()
  }
  await connection.run('COMMIT')
}

/** A full rebuild, and its statements by hand: the same ones, and one by one for each date. In alternating rounds. */
async function benchRebuild(models: Models, nights: Nights, rounds: number): Promise<void> {
  const transformer = await openDuckdbTransformer({ lanes: 2, memoryLimit: '512MB', tempDir: tmpdir() })
  const world = await createWorld({ now: NOW, transformer, locations: nights.locations, models })
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-bench-'))
  try {
    await writeNights(world, nights)
    await world.run({ scope: { windows: nights.dates } })
    await transformer.close()
    const { warehouse } = world.project.environment
    if (warehouse.kind !== 'duckdb') throw new Error('the warehouse of this bench is a file')
    const noted: Record<Way, Statement[]> = { together: [], 'date by date': [] }
    for (const way of ['together', 'date by date'] as const) {
      const partitions = await rebuild(world, nights.dates, { way, wrap: noting(noted[way]) })
      console.log(`${partitions} partitions, ${noted[way].length} queries ${way}`)
    }
    const ratios: Record<Way, number[]> = { together: [], 'date by date': [] }
    for (let round = 0; round < rounds; round++)
      for (const way of ['together', 'date by date'] as const) {
        const ours = await timed(() => rebuild(world, nights.dates, { way }))
        const copy = join(folder, `${round}.duckdb`)
        await copyFile(warehouse.path, copy)
        const hand = await timed(() => byHand(copy, noted[way]))
        await rm(copy)
        ratios[way].push(ours.processor / hand.processor)
        console.log(
          `${way}: rebuild ${ours.processor.toFixed(1)} s of processor (${ours.seconds.toFixed(1)} s), ` +
            `by hand ${hand.processor.toFixed(1)} s (${hand.seconds.toFixed(1)} s): ${ratios[way].at(-1)?.toFixed(2)}`,
        )
      }
    for (const [way, all] of Object.entries(ratios)) console.log(`ratio ${way}: ${median(all).toFixed(2)}`)
  } finally {
    await world.close()
    await rm(folder, { recursive: true })
  }
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const { locations, days, rounds, scale, rebuild: isAlone } = readArguments()
const models: Models = new Map(Object.entries((await readCompiledModels(ROOT)).models))
const places = locationsOf(locations)
if (isAlone === 0) await benchNight(models, { locations: places, scale })
const dates = Array.from({ length: days }, (_, at) => addDays(FIRST, at))
await benchRebuild(models, { locations: places, dates, scale }, rounds)
