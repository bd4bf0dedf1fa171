import { z } from 'zod'
import { Identifier } from '../contract/contract.ts'
import { yamlWords } from '../lib/yaml-object.ts'
import type { EnvironmentConfig } from './config.ts'
import {
  Connection,
  type ConnectionsConfig,
  type DestinationConfig,
  kindsOf,
  type SourceConfig,
} from './connections.ts'
import { explainIssues, formatPath } from './explain-issues.ts'
import { toJsonSchema } from './json-schema.ts'
import type { Problem } from './problem.ts'
import type { Reading } from './read.ts'
import type { Path } from './yaml.ts'

/** Where connections are written. */
interface ConnectionFiles {
  readonly environment: Reading<EnvironmentConfig>
  /** Null where the project has no config/connections.yaml. */
  readonly connections: Reading<ConnectionsConfig> | null
}

/** The connections of an environment by name, each in its role. */
export interface Connections {
  readonly sources: Readonly<Record<string, SourceConfig>>
  readonly destinations: Readonly<Record<string, DestinationConfig>>
  /** All of them, in any role. */
  readonly all: Readonly<Record<string, Connection>>
  readonly problems: readonly Problem[]
}

const Whole = z.object({ connections: z.record(Identifier, Connection) })
const WHOLE = toJsonSchema(Whole)
const NONE: Connections = { sources: {}, destinations: {}, all: {}, problems: [] }

/**
 * Puts the connections of a project and of an environment together. Members of the environment replace those of the same
 * connection; with another `kind` it replaces the connection whole. A file that cannot be read has problems of its own.
 */
export function mergeConnections(files: ConnectionFiles): Connections {
  const { environment, connections } = files
  if (environment.value === null || connections?.value === null) return NONE
  const { sources, connections: members } = environment.value
  const twice = Object.keys(members)
    .filter((name) => Object.hasOwn(sources, name))
    .map((name) =>
      environment.problemAt(
        ['sources', name],
        `sources.${name}: "${name}" stands in \`connections\` too; remove one of them, \`sources\` is only another name of it`,
        'key',
      ),
    )
  const before: Readonly<Record<string, Connection>> = { ...connections?.value.connections, ...sources }
  const changed = Object.entries(members).map(([name, own]) => {
    const old = before[name]
    const isSame = old !== undefined && (own.kind === undefined || own.kind === old.kind)
    return [name, isSame ? { ...yamlWords(old), ...own } : own] as const
  })
  const value = { connections: Object.fromEntries(changed) }
  const parsed = Whole.safeParse(value)
  const wrong = parsed.success ? [] : explainIssues(parsed.error.issues, { value, schema: WHOLE })
  const problems = [...twice, ...wrong.map(({ path, at, message }) => environment.problemAt(path, message, at))]
  const all = Object.entries({ ...before, ...parsed.data?.connections })
  return {
    sources: Object.fromEntries(all.flatMap(([name, each]) => (isSource(each) ? [[name, each]] : []))),
    destinations: Object.fromEntries(all.flatMap(([name, each]) => (isDestination(each) ? [[name, each]] : []))),
    all: Object.fromEntries(all),
    problems,
  }
}

function isSource(connection: Connection): connection is SourceConfig {
  return kindsOf('source').includes(connection.kind)
}

function isDestination(connection: Connection): connection is DestinationConfig {
  return kindsOf('destination').includes(connection.kind)
}

/** The problem of a path that begins with a role and the name of a connection, in the file and at the key that say it. */
export function connectionProblem(files: ConnectionFiles, path: Path, message: string): Problem {
  const { environment, connections } = files
  const [, name, ...rest] = path
  const own = environment.value
  const told = (at: Path) => `${formatPath(at)}: ${message}`
  if (own !== null && Object.hasOwn(own.sources, String(name))) return environment.problemAt(path, told(path))
  const members: Readonly<Record<string, unknown>> | undefined = own?.connections[String(name)]
  const isOwn = members !== undefined && (rest[0] === undefined || Object.hasOwn(members, rest[0]))
  const place = ['connections', ...path.slice(1)]
  if (isOwn || connections === null) return environment.problemAt(place, told(place))
  return connections.problemAt(place, told(place))
}
