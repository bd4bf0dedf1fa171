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
import type { BuildJob, Publication } from '../functions/pipeline/destination.ts'
import type { Ports } from '../functions/pipeline/ports.ts'
import { ensurePartition } from '../functions/pipeline/work/build.ts'
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

/** Query and checks of one partition, as a rebuild asks the warehouse. */
interface Statement {
  readonly sql: string
  readonly into: string
  readonly columns: string
  readonly where: string
  readonly staging: string
  checks: string | null
}

/** The ports, with every query of a build noted in the order of its run. */
function noting(statements: Statement[]): (ports: Ports) => Ports {
  const byStaging = new Map<string, Statement>()
  return (ports) => ({
    ...ports,
    destination: (pipeline) => {
      const real = ports.destination(pipeline)
      return new Proxy(real, {
        get(target, key) {
          const member: unknown = Reflect.get(target, key)
          if (typeof member !== 'function') return member
          return (...args: unknown[]) => {
            if (key === 'startBuild') note(args[0] as BuildJob, statements, byStaging)
            if (key === 'publishPartition') named(args[0] as Publication, byStaging)
            if (key === 'query') noteChecks(String(args[0]), byStaging)
            return Reflect.apply(member, target, args)
          }
        },
      })
    },
  })
}

const quoted = (name: string) => `"${name}"`

function note({ sql, into, window }: BuildJob, statements: Statement[], byStaging: Map<string, Statement>): void {
  const made: Statement = {
    ...{ sql, into: '', checks: null, columns: into.columns.map(({ name }) => quoted(name)).join(', ') },
    staging: `${quoted(into.schema)}.${quoted(into.name)}`,
    where: window === null ? 'TRUE' : `${quoted(into.partitionColumn ?? '')} = DATE '${window}'`,
  }
  statements.push(made)
  byStaging.set(into.name, made)
}

function named({ from, to }: Publication, byStaging: Map<string, Statement>): void {
  const made = byStaging.get(from.name)
  if (made) Object.assign(made, { into: `${quoted(to.schema)}.${quoted(to.name)}` })
}

function noteChecks(sql: string, byStaging: Map<string, Statement>): void {
  const [, staging = ''] = /"models_staging"\."(\w+)"/.exec(sql) ?? []
  const made = byStaging.get(staging)
  if (made && sql.includes('check_name')) made.checks = sql
}

/** Every partition of every model once more, although nothing has changed. */
async function rebuild(world: World, dates: readonly string[], wrap?: (ports: Ports) => Ports): Promise<number> {
  const daybreak = await world.open(wrap)
  let count = 0
  try {
    for (const used of (await daybreak.worker.models?.inUse(daybreak.ports)) ?? [])
      for (const one of partitionsOn(compiledOf(used.set), { dates })) {
        const ensured = await ensurePartition({ ...one, ...used, force: true }, daybreak.worker)
        if (ensured?.outcome === 'built') count++
        else if (ensured?.outcome !== 'empty') throw new Error(`${one.model} of ${one.window}: ${ensured?.outcome}`)
      }
  } finally {
    await daybreak.close()
  }
  return count
}

/** The same queries and checks, as a person would run them: the rows of a partition replaced in one transaction. */
async function byHand(path: string, statements: readonly Statement[], limit: string): Promise<void> {
  const instance = await DuckDBInstance.create(path, { memory_limit: limit, threads: '2' })
  const connection = await instance.connect()
  await connection.run(`SET TimeZone = 'UTC'`)
  for (const one of statements) await replace(connection, one)
  connection.closeSync()
  instance.closeSync()
}

async function replace(
  connection: DuckDBConnection,
  { sql, into, columns, where, checks, staging }: Statement,
): Promise<void> {
  await connection.run('BEGIN')
  await connection.run(`DELETE FROM ${into} WHERE ${where}`)
  await connection.run(`INSERT INTO ${into} (${columns}) SELECT ${columns} FROM (${sql})`)
  if (checks !== null) {
    const answer = await connection.runAndReadAll(checks.replaceAll(staging, `(SELECT * FROM ${into} WHERE ${where})`))
    answer.getRows()
  }
  await connection.run('COMMIT')
}

/** A full rebuild against its own statements by hand, in alternating rounds. */
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
    const statements: Statement[] = []
    const partitions = await rebuild(world, nights.dates, noting(statements))
    console.log(`${partitions} partitions, ${nights.dates.length} days, ${nights.locations.length} locations`)
    const ratios: number[] = []
    for (let round = 0; round < rounds; round++) {
      const ours = await timed(() => rebuild(world, nights.dates))
      const copy = join(folder, `${round}.duckdb`)
      await copyFile(warehouse.path, copy)
      const hand = await timed(() => byHand(copy, statements, '1GB'))
      await rm(copy)
      ratios.push(ours.processor / hand.processor)
      console.log(
        `rebuild ${ours.processor.toFixed(1)} s of processor (${ours.seconds.toFixed(1)} s), by hand ${hand.processor.toFixed(1)} s (${hand.seconds.toFixed(1)} s): ${ratios.at(-1)?.toFixed(2)}`,
      )
    }
    console.log(`ratio ${ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)]?.toFixed(2)}`)
  } finally {
    await world.close()
    await rm(folder, { recursive: true })
  }
}

const { locations, days, rounds, scale, rebuild: isAlone } = readArguments()
const models: Models = new Map(Object.entries((await readCompiledModels(ROOT)).models))
const places = locationsOf(locations)
if (isAlone === 0) await benchNight(models, { locations: places, scale })
const dates = Array.from({ length: days }, (_, at) => addDays(FIRST, at))
await benchRebuild(models, { locations: places, dates, scale }, rounds)
