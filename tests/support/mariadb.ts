import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import mysql from 'mysql2/promise'

/** True when this machine has the programs of MariaDB's server. */
export const hasMariadb = ['mariadbd', 'mariadb-install-db'].every((name) => find(name) !== null)

/** A real MariaDB in a temporary folder, on a socket alone. */
export interface Mariadb {
  /** Runs statements; gives the rows of the last one, each value as text. @throws with the words of the server. */
  run(script: string): Promise<readonly (readonly string[])[]>
  /** Path of its socket. */
  readonly socket: string
  /** Kills the server as a power cut would. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** Starts a server. */
export async function startMariadb(): Promise<Mariadb> {
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-mariadb-'))
  const socket = join(folder, 'socket')
  const data = join(folder, 'data')
  // It refuses to be root unless it is told so.
  const user = process.getuid?.() === 0 ? ['--user=root'] : []
  const install = ['--no-defaults', `--datadir=${data}`, '--skip-test-db', '--auth-root-authentication-method=normal']
  execFileSync(program('mariadb-install-db'), [...install, ...user], { stdio: 'pipe' })
  const options = [`--datadir=${data}`, `--socket=${socket}`, '--skip-networking', '--innodb-flush-log-at-trx-commit=0']
  const server = spawn(program('mariadbd'), ['--no-defaults', ...options, ...user], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const orphan = () => server.kill('SIGKILL')
  process.once('exit', orphan)
  const ended = new Promise((resolve) => server.once('exit', resolve)).finally(() => process.off('exit', orphan))
  await listening(server)
  const connection = await mysql.createConnection({ socketPath: socket, user: 'root', multipleStatements: true })
  return {
    socket,
    async kill() {
      server.kill('SIGKILL')
      await ended
    },
    async run(script) {
      const [rows] = await connection.query({ sql: script, rowsAsArray: true, supportBigNumbers: true })
      return Array.isArray(rows) ? rows.map((row) => [row].flat().map(String)) : []
    },
    async close() {
      await connection.end()
      server.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function listening(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    server.once('exit', () => reject(new Error(`mariadbd did not start: ${log}`)))
    server.stderr?.setEncoding('utf8').on('data', (more: string) => {
      log += more
      if (log.includes('ready for connections')) resolve()
    })
  })
}

function program(name: string): string {
  const found = find(name)
  if (found === null) throw new Error(`there is no ${name}`)
  return found
}

/** Debian keeps servers where only root looks. */
function find(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}
