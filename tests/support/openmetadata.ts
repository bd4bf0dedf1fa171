import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { z } from 'zod'

/** A request that the server took. */
export interface Taken {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

/** An OpenMetadata of this machine. */
export interface OpenMetadataServer {
  /** Address of its REST API. */
  readonly url: string
  /** Requests that wrote, oldest first. */
  readonly writes: readonly Taken[]
  /** An entity by its full name, as a person changes it in the pages of OpenMetadata. */
  entity(collection: string, fqn: string): Entity
  edges(): readonly Edge[]
  addEdge(edge: Edge): void
  /** Makes a user or a team, as a person does in the pages of OpenMetadata, and gives its id. */
  addOwner(collection: 'users' | 'teams', body: { readonly name: string; readonly email?: string }): string
  /** Next requests are answered with this status; null ends that. */
  fail(status: number | null): void
  close(): Promise<void>
}

/** An entity as it is stored. */
export type Entity = Record<string, unknown> & { readonly id: string; readonly fullyQualifiedName: string }

/** An edge as it is stored: ids of its ends. */
export interface Edge {
  readonly fromEntity: string
  readonly toEntity: string
  lineageDetails: { source: string; columnsLineage: readonly { fromColumns: string[]; toColumn: string }[] }
}

export const BOT_TOKEN = 'a-bot-token'

// Forms of OpenMetadata 2.0.7, as far as a catalog needs them. Its own models judge in tests/conformance.
const Name = z
  .string()
  .min(1)
  .max(256)
  .regex(/^((?!::).)*$/)
const Fqn = z.string().min(1).max(3_072)
const Tag = z.strictObject({
  tagFQN: z.string(),
  name: z.string().optional(),
  displayName: z.string().optional(),
  description: z.string().optional(),
  source: z.enum(['Classification', 'Glossary']),
  labelType: z.enum(['Manual', 'Propagated', 'Automated', 'Derived', 'Generated']),
  state: z.enum(['Suggested', 'Confirmed']),
  href: z.url().optional(),
})
const DATA_TYPES = [
  'STRING',
  'BIGINT',
  'NUMERIC',
  'DOUBLE',
  'BOOLEAN',
  'DATE',
  'TIME',
  'DATETIME',
  'TIMESTAMP',
] as const
const Column = z.strictObject({
  name: z.string().min(1),
  displayName: z.string().optional(),
  dataType: z.enum(DATA_TYPES),
  dataTypeDisplay: z.string().optional(),
  description: z.string().optional(),
  constraint: z.enum(['NULL', 'NOT_NULL', 'UNIQUE', 'PRIMARY_KEY']).optional(),
  ordinalPosition: z.int().optional(),
  tags: z.array(Tag).default([]),
})
const Owners = z.array(z.strictObject({ id: z.uuid(), type: z.enum(['user', 'team']) })).optional()
const common = { name: Name, displayName: z.string().optional(), description: z.string().optional() }
const described = { ...common, description: z.string() }
const BODIES: Readonly<Record<string, z.ZodType<Record<string, unknown> & { name: string }>>> = {
  'services/databaseServices': z.strictObject({ ...common, serviceType: z.enum(['CustomDatabase', 'BigQuery']) }),
  databases: z.strictObject({ ...common, service: Fqn }),
  databaseSchemas: z.strictObject({ ...common, database: Fqn }),
  classifications: z.strictObject(described),
  tags: z.strictObject({ ...described, classification: Fqn }),
  glossaries: z.strictObject(described),
  glossaryTerms: z.strictObject({ ...described, glossary: Fqn, synonyms: z.array(Name).optional() }),
  tables: z.strictObject({
    ...{ ...common, databaseSchema: Fqn, tableType: z.enum(['Regular', 'View']) },
    columns: z.array(Column),
    tableConstraints: z
      .array(z.strictObject({ constraintType: z.enum(['PRIMARY_KEY', 'UNIQUE']), columns: z.array(z.string()) }))
      .optional(),
    owners: Owners,
  }),
  'services/dashboardServices': z.strictObject({ ...common, serviceType: z.literal('CustomDashboard') }),
  dashboards: z.strictObject({
    ...{ ...common, service: Fqn, dashboardType: z.enum(['Dashboard', 'Report']), owners: Owners },
    sourceUrl: z.url().optional(),
  }),
  // People are made in its pages, and only read here.
  users: z.strictObject({ ...common, email: z.email() }),
  teams: z.strictObject({ ...common, teamType: z.literal('Group') }),
}
const PARENTS: Readonly<Record<string, readonly [member: string, collection: string]>> = {
  databases: ['service', 'services/databaseServices'],
  databaseSchemas: ['database', 'databases'],
  tags: ['classification', 'classifications'],
  glossaryTerms: ['glossary', 'glossaries'],
  tables: ['databaseSchema', 'databaseSchemas'],
  dashboards: ['service', 'services/dashboardServices'],
}
const FIELDS = new Set(['columns', 'tags', 'tableConstraints', 'owners'])
const Reference = z.strictObject({ id: z.uuid(), type: z.enum(['table', 'dashboard']) })
const Lineage = z.strictObject({
  edge: z.strictObject({
    fromEntity: Reference,
    toEntity: Reference,
    lineageDetails: z.object({
      source: z.enum(['Manual', 'ViewLineage', 'QueryLineage', 'PipelineLineage', 'OpenLineage']),
      columnsLineage: z.array(z.object({ fromColumns: z.array(Fqn), toColumn: Fqn })),
    }),
  }),
})
const Patch = z.array(
  z.discriminatedUnion('op', [
    z.strictObject({ op: z.enum(['test', 'add', 'replace']), path: z.string().startsWith('/'), value: z.unknown() }),
    z.strictObject({ op: z.literal('remove'), path: z.string().startsWith('/') }),
  ]),
)
type Operation = z.infer<typeof Patch>[number]

/** An answer that is an error, as OpenMetadata words it. */
class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * Speaks the REST API of OpenMetadata as a bot meets it: PUT creates or updates, keeps a description that is there, and merges tags;
 * PATCH sorts its operations by path and removes last, from the end on; bodies of another form are refused.
 */
export async function startOpenMetadata(): Promise<OpenMetadataServer> {
  const stored = new Map<string, Map<string, Entity>>(Object.keys(BODIES).map((name) => [name, new Map()]))
  const edges: Edge[] = []
  const writes: Taken[] = []
  let failing: number | null = null

  const entitiesOf = (collection: string) => {
    const found = stored.get(collection)
    if (!found) throw new Refused(404, 'HTTP 404 Not Found')
    return found
  }
  const byFqn = (collection: string, fqn: string) => {
    const found = entitiesOf(collection).get(fqn)
    if (!found) throw new Refused(404, `${collection} instance for ${fqn} not found`)
    return found
  }
  const byId = (collection: string, id: string) => {
    const found = [...entitiesOf(collection).values()].find((each) => each.id === id)
    if (!found) throw new Refused(404, `${collection} instance for ${id} not found`)
    return found
  }

  function put(collection: string, body: unknown): Entity {
    const schema = BODIES[collection]
    if (!schema) throw new Refused(404, 'HTTP 404 Not Found')
    const given = expectForm(schema, body)
    const [member, parents] = PARENTS[collection] ?? []
    const parent = member && parents ? byFqn(parents, String(given[member])).fullyQualifiedName : null
    const fqn = [...(parent === null ? [] : [parent]), quoted(given.name)].join('.')
    for (const { tags } of columnsIn(given)) for (const tag of tags) expectTag(tag)
    const before = entitiesOf(collection).get(fqn)
    const merged: Entity = {
      ...given,
      ...(before ? keptOf(given, before) : {}),
      ...{ id: before?.id ?? randomUUID(), fullyQualifiedName: fqn },
    }
    entitiesOf(collection).set(fqn, merged)
    return merged
  }

  function expectTag({ tagFQN, source }: z.infer<typeof Tag>) {
    byFqn(source === 'Glossary' ? 'glossaryTerms' : 'tags', tagFQN)
  }

  function putEdge(body: unknown): void {
    const { fromEntity, toEntity, lineageDetails } = expectForm(Lineage, body).edge
    const [from, to] = [byId(`${fromEntity.type}s`, fromEntity.id), byId(`${toEntity.type}s`, toEntity.id)]
    const expectColumn = (table: Entity, fqn: string) => {
      const known = columnsIn(table).map(({ name }) => `${table.fullyQualifiedName}.${name}`)
      if (!known.includes(fqn)) throw new Refused(400, `Invalid fully qualified column name ${fqn}`)
    }
    for (const { fromColumns, toColumn } of lineageDetails.columnsLineage) {
      for (const column of fromColumns) expectColumn(from, column)
      expectColumn(to, toColumn)
    }
    removeEdge(from.id, to.id)
    edges.push({ fromEntity: from.id, toEntity: to.id, lineageDetails })
  }

  function removeEdge(from: string, to: string): boolean {
    const index = edges.findIndex((edge) => edge.fromEntity === from && edge.toEntity === to)
    if (index >= 0) edges.splice(index, 1)
    return index >= 0
  }

  function answer({ method, path, body }: Taken, type: string | undefined, query: URLSearchParams): unknown {
    const [, collection = '', rest = ''] = /^(services\/\w+|\w+)\/?(.*)$/.exec(path) ?? []
    if (method === 'GET' && collection === 'lineage') {
      const [, type = '', fqn = ''] = /^(table|dashboard)\/name\/(.+)$/.exec(rest) ?? []
      const { id } = byFqn(`${type}s`, decodeURIComponent(fqn))
      if (query.get('upstreamDepth') !== '1') throw new Refused(400, 'upstreamDepth')
      return { entity: { id, type }, upstreamEdges: edges.filter(({ toEntity }) => toEntity === id) }
    }
    if (method === 'GET') {
      for (const field of query.get('fields')?.split(',') ?? [])
        if (!FIELDS.has(field)) throw new Refused(400, `Invalid field name ${field}`)
      return byFqn(collection, decodeURIComponent(rest.replace('name/', '')))
    }
    if (method === 'PUT') {
      if (type !== 'application/json') throw new Refused(415, 'HTTP 415 Unsupported Media Type')
      return collection === 'lineage' ? putEdge(body) : put(collection, body)
    }
    if (method === 'PATCH') {
      if (type !== 'application/json-patch+json') throw new Refused(415, 'HTTP 415 Unsupported Media Type')
      const before = byId(collection, rest)
      const after = applied(before, expectForm(Patch, body))
      for (const { tags } of columnsIn(after)) for (const tag of tags) expectTag(tag)
      entitiesOf(collection).set(before.fullyQualifiedName, after)
      return after
    }
    const [, from = '', to = ''] = /^table\/([^/]+)\/(?:table|dashboard)\/([^/]+)$/.exec(rest) ?? []
    if (method !== 'DELETE' || collection !== 'lineage' || !removeEdge(from, to)) throw new Refused(404, 'no such edge')
    return null
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const url = new URL(request.url ?? '', 'http://localhost')
    const send = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value ?? {}))
    try {
      if (failing !== null) throw new Refused(failing, 'The server is being upgraded')
      if (request.headers.authorization !== `Bearer ${BOT_TOKEN}`) throw new Refused(401, 'Invalid token')
      if (!url.pathname.startsWith('/api/v1/')) throw new Refused(404, 'HTTP 404 Not Found')
      const text = Buffer.concat(chunks).toString('utf8')
      const taken = {
        ...{ method: request.method ?? '', path: url.pathname.slice('/api/v1/'.length) },
        body: text === '' ? null : JSON.parse(text),
      }
      const value = answer(taken, request.headers['content-type'], url.searchParams)
      if (taken.method !== 'GET') writes.push(taken)
      send(200, value)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      send(error.status, { code: error.status, message: error.message })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/api`,
    writes,
    entity: byFqn,
    edges: () => edges,
    addEdge: (edge) => void edges.push(edge),
    addOwner: (collection, body) => put(collection, collection === 'teams' ? { ...body, teamType: 'Group' } : body).id,
    fail: (status) => {
      failing = status
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function expectForm<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new Refused(400, z.prettifyError(parsed.error))
}

function quoted(name: string): string {
  return name.includes('.') ? `"${name}"` : name
}

function columnsIn(entity: Record<string, unknown>): readonly z.infer<typeof Column>[] {
  return z.array(Column).parse(entity['columns'] ?? [])
}

/** Members that a PUT of a bot leaves as they were: texts that are there, and tags that the request lacks. */
function keptOf(given: Record<string, unknown>, before: Entity): Record<string, unknown> {
  const kept = (member: string) => (before[member] ? { [member]: before[member] } : {})
  if (given['columns'] === undefined) return { ...kept('description'), ...kept('displayName') }
  const old = new Map(columnsIn(before).map((column) => [column.name, column]))
  const columns = columnsIn(given).map((column) => {
    const known = old.get(column.name)
    if (!known) return column
    const others = known.tags.filter((tag) => !column.tags.some((each) => each.tagFQN === tag.tagFQN))
    return { ...column, description: known.description || column.description, tags: [...column.tags, ...others] }
  })
  return { ...kept('description'), ...kept('displayName'), columns }
}

/** The entity after a patch, all of it or nothing. */
function applied(entity: Entity, operations: readonly Operation[]): Entity {
  const copy: Entity = structuredClone(entity)
  const sorted = operations.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  for (const operation of [
    ...sorted.filter(({ op }) => op !== 'remove'),
    ...sorted.filter(({ op }) => op === 'remove').toReversed(),
  ])
    apply(copy, operation)
  return copy
}

function apply(root: Entity, operation: Operation): void {
  const path = operation.path.slice(1).split('/')
  const last = path.pop() ?? ''
  const parent = path.reduce<unknown>((at, key) => memberOf(at, key), root)
  if (Array.isArray(parent)) applyToList(parent, last, operation)
  else applyToRecord(parent, last, operation)
}

function applyToRecord(parent: unknown, last: string, operation: Operation): void {
  if (!isRecord(parent)) throw new Refused(400, `${operation.path} leads nowhere`)
  if (operation.op !== 'add' && !(last in parent)) throw new Refused(400, `${operation.path} is not there`)
  if (operation.op === 'remove') delete parent[last]
  else if (operation.op !== 'test') parent[last] = operation.value
  else if (parent[last] !== operation.value) throw new Refused(400, `the test of ${operation.path} failed`)
}

function applyToList(list: unknown[], last: string, operation: Operation): void {
  const index = last === '-' ? list.length : Number(last)
  if (operation.op === 'add' && index <= list.length) list.splice(index, 0, operation.value)
  else if (operation.op === 'remove' && index < list.length) list.splice(index, 1)
  else throw new Refused(400, `${operation.path} is no place of its list`)
}

function memberOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)]
  return isRecord(value) ? value[key] : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
