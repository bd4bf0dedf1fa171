import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compose } from '../../../functions/compose.ts'
import { loadProject } from '../../../functions/config/project.ts'
import { createVirtualClock, type VirtualClock } from '../../../functions/lib/virtual-clock.ts'
import type { Clock } from '../../../functions/pipeline/ports.ts'
import { daybreak, type Finished } from '../cli.ts'
import { projectFiles } from '../project.ts'

// `doctor` compares the clock with the time of the installation, so the one day of a home is later than any.
export const DATE = '2099-03-02'
export const NOW = Date.parse('2099-03-03T20:00:00Z')
/** The folder of the day, and its files. */
export const DAY = 'inbox/1001/20990302'
export const ORDERS = `${DAY}/Orders.csv`
export const PAYMENTS = `${DAY}/Payments.csv`
export const ENVIRONMENT = 'config/environments/local.yaml'
export const CONTRACT = 'config/contracts/toast/orders.yaml'

/** A small project, its home and its clock: all that one drill works on. */
export interface Home {
  readonly clock: VirtualClock
  /** Path of a file below the project. */
  path(name: string): string
  read(name: string): Promise<string>
  write(name: string, content: string | Uint8Array): Promise<void>
  /** Writes a file again with one text of it replaced. */
  edit(name: string, from: string, to: string): Promise<void>
  remove(name: string): Promise<void>
  /** Runs a command line as it is printed, such as `daybreak run toast`. */
  run(line: string, more?: RunOptions): Promise<Finished>
  /** Records a run as a process that dies before its first message, a day ago; returns what `runs show` prints of it. */
  abandonRun(): Promise<string>
  close(): Promise<void>
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly clock?: Clock
  readonly signal?: AbortSignal
}

const ROWS = 60

export const csv = (header: string, rows: readonly string[]): string => `${[header, ...rows].join('\r\n')}\r\n`
const id = (n: number) => 9_000_000_000_000_001 + n

/** Orders of the day; `change` replaces a row, given its number and text. */
export function orders(change = (row: string, _: number): string => row, rows = ROWS): string {
  const all = Array.from({ length: rows }, (_, n) => change(`${id(n)},${10 + n}.00,1.00`, n))
  return csv('Order Id,Amount,Tax', all)
}

/** Payments that pay each order in full. */
export function payments(change = (row: string, _: number): string => row): string {
  const all = Array.from({ length: ROWS }, (_, n) => change(`${n + 101},${id(n)},${10 + n}.00`, n))
  return csv('Payment Id,Order Id,Amount', all)
}

const CHANGES = {
  'config/locations.yaml': `version: 1
locations:
  - { id: "1001", name: Harbour, time_zone: America/New_York, active_from: "${DATE}", active_to: "${DATE}" }
`,
  [CONTRACT]: `version: 1
stream: orders
description: Orders.
file: Orders.csv
key: [location_id, order_id]
table: { partition_by: business_date, cluster_by: [order_id] }
drift: { new_column: quarantine }
columns:
  - { name: order_id, from: Order Id, type: string, pattern: '[0-9]+', required: true, description: Id. }
  - { name: amount, from: Amount, type: numeric, unit: USD, description: Money. }
  - { name: tax, from: Tax, type: numeric, unit: USD, description: Money. }
checks:
  - { name: tax_below_amount, that: tax <= amount, effect: warn }
  - { unique: [order_id], effect: block }
  - { name: keeps_its_rows, loss: { share: 0.1, totals: [amount] }, effect: hold }
`,
}

/** Makes a home in which nothing ran yet; the files of its day lie in the folder that is its source. */
export async function newHome(now = NOW): Promise<Home> {
  const home = homeIn(await mkdtemp(join(tmpdir(), 'daybreak-drill-')), now)
  const { 'config/pipelines/toast.yaml': pipeline = '', ...files } = projectFiles(CHANGES)
  for (const [path, text] of Object.entries(files)) await home.write(path, text)
  // Payments that do not pay the orders dispute the day.
  await home.write('config/pipelines/toast.yaml', pipeline.replace('effect: warn', 'effect: dispute'))
  await home.write(ORDERS, orders())
  await home.write(PAYMENTS, payments())
  return home
}

/** A copy of a home at rest. */
export async function copyHome(from: Home): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-drill-'))
  await cp(from.path('.'), folder, { recursive: true, preserveTimestamps: true })
  return homeIn(folder)
}

function homeIn(folder: string, now = NOW): Home {
  const clock = createVirtualClock({ now })
  const path = (name: string) => join(folder, name)
  const home: Home = {
    clock,
    path,
    read: (name) => readFile(path(name), 'utf8'),
    async write(name, content) {
      await mkdir(dirname(path(name)), { recursive: true })
      await writeFile(path(name), content)
    },
    async edit(name, from, to) {
      const text = await home.read(name)
      if (!text.includes(from)) throw new Error(`${name} does not contain ${from}`)
      await home.write(name, text.replace(from, to))
    },
    remove: (name) => rm(path(name), { recursive: true, force: true }),
    run(line, { env = {}, ...more } = {}) {
      const context = { cwd: folder, env: { USER: 'maria', DAYBREAK_HOME: path('home'), ...env }, clock, ...more }
      return daybreak(wordsOf(line), context)
    },
    async abandonRun() {
      const project = await loadProject({
        projectDir: folder,
        environment: 'local',
        env: { DAYBREAK_HOME: path('home') },
      })
      const daybreak = await compose(project, { clock, log: () => undefined })
      const begun = { pipeline: 'toast', trigger: 'cli', scope: {} } as const
      const { id } = await daybreak.start(begun).finally(() => daybreak.close())
      await clock.advance(25 * 3_600_000)
      await home.run('daybreak run toast')
      return (await home.run(`daybreak runs show ${id}`)).stdout
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
  return home
}

function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)]
    .map(([, single, double, bare]) => single ?? double ?? bare ?? '')
    .slice(1)
}
