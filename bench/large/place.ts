import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { addDays, localDate } from '../../functions/lib/business-date.ts'
import { type Extent, shardAt } from '../../tests/support/large-ledger.ts'
import { ensureLedger, fillServer } from '../../tests/support/large-ledger-file.ts'
import { startPostgres } from '../../tests/support/postgres.ts'

/** Databases that a ledger may be in. */
export type Kind = 'sqlite' | 'postgres'

/** A project over a large ledger, in folders below the system's temporary one. */
export interface Place {
  readonly kind: Kind
  readonly home: string
  readonly project: string
  /** Process of the database; null where the ledger is a file. */
  readonly database: number | null
  /** Login of the server; null where the ledger is a file. */
  readonly login: PostgresSettings | null
  /** File of the ledger; null where it is on a server. */
  readonly ledgerFile: string | null
  /** A window by its distance from the newest, which is yesterday. */
  windowBack(days: number): string
  close(): Promise<void>
}

const ROOT = join(import.meta.dirname, '../..')
/** Streams of the generated ledger: those of the product. */
export const STREAMS = [
  ...['order_details', 'check_details', 'payment_details', 'item_selection_details'],
  ...['all_items_report', 'kitchen_timings', 'cash_entries'],
]
// A server of the size that such a ledger needs. Nothing of it must outlive a power cut.
const SERVER = { shared_buffers: '1GB', work_mem: '16MB', maintenance_work_mem: '512MB', max_wal_size: '8GB' }
const MEGABYTE = 1_048_576

/** Numbers of a ledger: `1000x720` is every stream of 1,000 locations on 720 days. */
export function extentOf(text: string): Extent {
  const [shards = 0, windows = 0] = text.split('x').map(Number)
  const slices = shards * windows * STREAMS.length
  if (!(slices > 0)) throw new TypeError(`${JSON.stringify(text)} is no extent; expected for example 200x72`)
  const first = addDays(yesterday(), 1 - windows)
  return { shards, windows, streams: STREAMS, records: Math.max(20_000, Math.round(slices / 25)), first }
}

function yesterday(): string {
  return addDays(localDate(Date.now(), 'UTC'), -1)
}

/** Makes a ledger of an extent, and a project over it. Everything is deleted by `close`, but a file in a folder that was named. */
export async function openPlace(kind: Kind, extent: Extent, folder: string | null = null): Promise<Place> {
  const home = mkdtempSync(join(tmpdir(), 'daybreak-large-'))
  const began = performance.now()
  const { ledger, ...rest } = await (kind === 'sqlite' ? openFile(home, extent, folder) : openServer(extent))
  console.log(`${kind}: filled in ${Math.round((performance.now() - began) / 1000)} s`)
  const project = join(home, 'project')
  cpSync(join(ROOT, 'config'), join(project, 'config'), { recursive: true })
  writeLocations(project, extent)
  mkdirSync(join(home, 'secrets'))
  writeFileSync(join(home, 'secrets/hash_key'), 'k'.repeat(64), { mode: 0o600 })
  const file = join(project, 'config/environments/local.yaml')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace(/ledger:\n( {2}.*\n)+/, `ledger:\n${ledger.map((line) => `  ${line}\n`).join('')}`))
  return {
    ...{ kind, home, project, ...rest },
    windowBack: (days) => addDays(yesterday(), -days),
    async close() {
      await rest.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

async function openFile(home: string, extent: Extent, folder: string | null) {
  const path = join(folder ?? home, `ledger-${extent.shards}x${extent.windows}-${yesterday()}.sqlite`)
  const isThere = existsSync(path)
  mkdirSync(folder ?? home, { recursive: true })
  await ensureLedger(path, extent)
  if (!isThere) console.log(`the file has ${sizeOf(path)} MiB`)
  return {
    ledger: ['kind: sqlite', `path: ${path}`],
    database: null,
    login: null,
    ledgerFile: path,
    close: async () => undefined,
  }
}

function sizeOf(path: string): number {
  return Math.round(statSync(path).size / MEGABYTE)
}

async function openServer(extent: Extent) {
  const server = await startPostgres({ settings: SERVER })
  const login = await server.createLogin({ connections: 8 })
  await fillServer(login, extent)
  const [row] = await server.sql('select pg_database_size(current_database()) as bytes')
  console.log(`the database has ${Math.round(Number(row?.['bytes']) / MEGABYTE)} MiB`)
  const { host, port, database, user } = login
  return {
    ledger: [
      'kind: postgres',
      `host: ${host}`,
      `port: ${port}`,
      `database: ${database}`,
      `user: ${user}`,
      'auth: none',
    ],
    database: Number(readFileSync(join(server.socket, 'data/postmaster.pid'), 'utf8').split('\n')[0]),
    ...{ login, ledgerFile: null, close: () => server.close() },
  }
}

function writeLocations(project: string, { shards, first = '' }: Extent): void {
  const locations = Array.from({ length: shards }, (_, n) => {
    const id = shardAt(n)
    return `  - { id: "${id}", name: "Store ${n}", time_zone: America/New_York, active_from: ${first} }`
  })
  writeFileSync(join(project, 'config/locations.yaml'), `version: 1\nlocations:\n${locations.join('\n')}\n`)
}
