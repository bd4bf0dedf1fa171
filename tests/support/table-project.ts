import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Postgres } from './postgres.ts'

/** A project on this disk whose pipelines copy tables. */
export interface TableProject {
  readonly folder: string
  /** Environment of a command in it. */
  readonly env: Readonly<Record<string, string>>
  /** Writes a file of config/pipelines; `streams` and what else is YAML below the name. */
  pipeline(name: string, lines: readonly string[]): Promise<void>
  /** Adds a connection, as YAML in braces. */
  connection(name: string, yaml: string): Promise<void>
  /** Writes a secret. */
  secret(name: string, value: string): Promise<void>
  remove(): Promise<void>
}

const ENVIRONMENT = `version: 1
environment: local
objects: { kind: folder, root: "\${DAYBREAK_HOME}/objects" }
warehouse: { kind: duckdb, path: "\${DAYBREAK_HOME}/warehouse.duckdb" }
ledger: { kind: sqlite, path: "\${DAYBREAK_HOME}/ledger.sqlite" }
privacy: { hash_key: secret://hash_key }
queue: { kind: local, max_attempts: 2, min_backoff: 1s, max_backoff: 1s }
`

/** A project with connections by name, each as YAML in braces. */
export async function createTableProject(connections: Readonly<Record<string, string>>): Promise<TableProject> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-tables-'))
  const write = async (path: string, text: string | Uint8Array) => {
    await mkdir(join(folder, dirname(path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await write('config/environments/local.yaml', ENVIRONMENT)
  await write('secrets/hash_key', randomBytes(32))
  const all = new Map(Object.entries(connections))
  const writeConnections = async () => {
    const lines = [...all].map(([name, yaml]) => `  ${name}: ${yaml}`)
    await write('config/connections.yaml', ['version: 1', 'connections:', ...lines, ''].join('\n'))
  }
  await writeConnections()
  return {
    folder,
    env: { DAYBREAK_SECRETS_DIR: join(folder, 'secrets'), DAYBREAK_HOME: join(folder, 'home') },
    pipeline: (name, own) =>
      write(
        `config/pipelines/${name}.yaml`,
        ['version: 1', `pipeline: ${name}`, 'description: A copy.', ...own, ''].join('\n'),
      ),
    async connection(name, yaml) {
      all.set(name, yaml)
      await writeConnections()
    },
    secret: (name, value) => write(`secrets/${name}`, value),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A connection to a database of a test server, as YAML. */
export function postgresYaml({ host, port }: Pick<Postgres, 'host' | 'port'>, database: string): string {
  return `{ kind: postgres, host: ${host}, port: ${port}, database: ${database}, user: postgres }`
}
