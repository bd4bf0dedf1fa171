import { type Connection, kindsOf, type Role, tableKindsOf } from './connections.ts'
import type { Project } from './project.ts'

/** A connection without its secrets. */
interface ListedConnection {
  readonly name: string
  readonly kind: Connection['kind']
  /** Parts that its kind may have in a pipeline. */
  readonly roles: readonly Role[]
  /** Server, bucket or file, for people. */
  readonly place: string
  readonly uses: readonly { readonly pipeline: string; readonly role: Role }[]
}

const ROLES: readonly Role[] = ['source', 'destination']

/** Pure: the connections of a project in the order of their names, and the pipelines that use each. Members that name a secret stay out. */
export function listConnections({
  connections,
  pipelines,
  projectDir,
}: Pick<Project, 'connections' | 'pipelines' | 'projectDir'>): readonly ListedConnection[] {
  return Object.entries(connections)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, config]) => ({
      ...{ name, kind: config.kind, place: placeOf(config, projectDir) },
      roles: ROLES.filter((role) => [...kindsOf(role), ...tableKindsOf(role)].includes(config.kind)),
      uses: [...pipelines.values()].flatMap((pipeline) =>
        ROLES.filter((role) => pipeline[role] === name).map((role) => ({ pipeline: pipeline.pipeline, role })),
      ),
    }))
}

/** Address of a connection, made of members that are no secrets. A login stays out as well. */
function placeOf(config: Connection, projectDir: string): string {
  switch (config.kind) {
    case 'postgres':
    case 'mysql':
      return `${config.host}:${config.port}/${config.database}`
    case 'sftp':
      return `${config.host}:${config.port}${config.root}`
    case 's3':
      return `${config.endpoint === undefined ? '' : `${new URL(config.endpoint).host}/`}${config.bucket}${config.root}`
    case 'gcs':
      return `${config.bucket}${config.root}`
    case 'bigquery':
      return config.location
    case 'folder':
      return fileOf(config.root, projectDir)
    case 'duckdb':
    case 'sqlite':
      return fileOf(config.path, projectDir)
  }
}

/** A path below the project is shown from there. */
function fileOf(path: string, projectDir: string): string {
  return path.startsWith(`${projectDir}/`) ? path.slice(projectDir.length + 1) : path
}
