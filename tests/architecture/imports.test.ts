import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const CORE = ['functions/errors.ts', 'functions/lib', 'functions/contract', 'functions/sql'] as const
const PORTS = [
  'functions/pipeline/ports.ts',
  'functions/pipeline/destination.ts',
  'functions/pipeline/entities.ts',
  'functions/pipeline/people',
  'functions/pipeline/tables/ports.ts',
  'functions/pipeline/words.ts',
  'functions/pipeline/work/kinds.ts',
] as const
// Data that queue, paths, topics and the ledger's words follow from.
const WORK = ['functions/pipeline/work/kinds.ts'] as const
const PURE = ['functions/engine', 'functions/config'] as const
// What an analyser of SQL gives: the tree of a query, and places in its text.
const ANALYSED = [
  'functions/models/analyser.ts',
  'functions/models/tree.ts',
  'functions/models/place.ts',
  'functions/models/script.ts',
] as const

// Schemas of the files of config/models.
const MODEL_FILES = [
  'functions/models/model.ts',
  'functions/models/model-test.ts',
  'functions/models/exposure.ts',
] as const

/** Who may import whom, from the inside out. A place may always import itself; the longest matching place decides. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'functions/errors.ts': [],
  'functions/lib': CORE,
  'functions/sql': CORE,
  'functions/contract': CORE,
  // Judgements over numbers of days.
  'functions/checks': CORE,
  // Queries and the tables that they become: pure, over contracts and the tree of the analyser.
  'functions/models': CORE,
  // Changes of tables of other people, over sessions that run statements.
  'functions/migrations': [...CORE, 'functions/config'],
  // Tables of a server from queries in its dialect.
  'functions/sql-models': [...CORE, 'functions/config', 'functions/models'],
  // What is known of the tables, for people and other catalogs: pure.
  'functions/catalog': [...CORE, 'functions/config', 'functions/models', 'functions/api/contract'],
  'functions/engine': CORE,
  'functions/config': [...CORE, ...WORK, 'functions/access/roles.ts', ...MODEL_FILES],
  'functions/pipeline': [...CORE, ...PURE, 'functions/checks', 'functions/models'],
  // Who is told what, when and how: pure, over incidents and facts.
  'functions/notify': [...CORE, 'functions/config', ...PORTS, 'functions/pipeline/incident-cause.ts'],
  // Gathers the facts from the ledger and carries out what `functions/notify` decides.
  'functions/watch': [...CORE, ...PURE, 'functions/pipeline', 'functions/notify'],
  'functions/ledger': [...CORE, ...PORTS],
  'functions/adapters': [
    ...CORE,
    ...PURE,
    ...PORTS,
    'functions/access',
    'functions/ledger',
    'functions/notify',
    ...ANALYSED,
  ],
  // The border to HTTP: knows what a push looks like, and nothing of what it asks for.
  'functions/http': [...CORE, ...PURE, ...PORTS, 'functions/access', 'functions/adapters/pubsub/envelope.ts'],
  'functions/access': [],
  // All that the dashboard may import: data and types.
  'functions/api/contract': ['functions/errors.ts', 'functions/access', 'functions/pipeline/words.ts'],
  'functions/api': [
    ...[...CORE, ...PURE, 'functions/access', 'functions/http', 'functions/pipeline'],
    ...['functions/catalog', 'functions/models', 'functions/notify', 'functions/watch'],
    // Without sockets: what the channel tells, a client without one asks for.
    ...['functions/live/read-on.ts', 'functions/live/topics.ts'],
  ],
  // Changes of the ledger to sockets: knows who may hear of what, and no route.
  'functions/live': [...CORE, ...PORTS, 'functions/access', 'functions/api/contract', 'functions/http'],
  'functions/handlers': [...CORE, ...PURE, 'functions/http', 'functions/pipeline', 'functions/ledger/relay.ts'],
  'functions/compose.ts': ['functions'],
  'functions/compose': ['functions'],
  'functions/index.ts': ['functions'],
  'functions/server.ts': ['functions'],
  // The simulator writes files as Toast does: the layout of the server, and nothing of how Daybreak reads it.
  mock: [...CORE, 'functions/pipeline/entities.ts'],
  cli: ['functions', 'mock'],
  // Loaded when it is called: an image has no infra.
  'cli/commands/infra.ts': ['functions', 'cli', 'infra'],
  infra: [...CORE, 'functions/config', 'functions/engine', ...WORK, 'functions/handlers/routes.ts'],
  docs: ['functions', 'cli', 'infra'],
  bench: ['functions', 'cli', 'mock', 'tests/support'],
  packaging: [],
}

/** Packages that reach a system outside of the process, and the one place of each. */
const SDK_PLACES: Readonly<Record<string, readonly string[]>> = {
  '@duckdb/node-api': ['functions/adapters/duckdb', 'bench'],
  'node:sqlite': ['functions/adapters/sqlite', 'bench'],
  ssh2: ['functions/adapters/sftp', 'cli/dev', 'cli/demo'],
  'ssh2-sftp-client': ['functions/adapters/sftp', 'bench'],
  cockatiel: ['functions/lib/retry.ts', 'functions/adapters'],
  '@google-cloud/pubsub': ['functions/adapters/pubsub'],
  '@google-cloud/functions-framework': [
    'functions/api',
    'functions/handlers',
    'functions/http',
    'functions/index.ts',
    'functions/server.ts',
  ],
  '@google-cloud/functions-framework/testing': ['functions/http/server.ts'],
  mysql2: ['functions/adapters/mysql'],
  aws4fetch: ['functions/adapters/s3'],
  jose: ['functions/adapters/oidc'],
  nodemailer: ['functions/adapters/smtp'],
  // A border to clients, as `functions/http` is, and no system that an adapter would stand for.
  ws: ['functions/live', 'bench'],
  '@google-cloud/bigquery': ['functions/adapters/bigquery'],
  'google-auth-library': [
    'functions/adapters/google-auth',
    'functions/adapters/google-lineage',
    'functions/adapters/bigquery',
    'functions/adapters/secret-manager',
    'functions/adapters/logging',
  ],
  '@grpc/grpc-js': ['functions/adapters/secret-manager', 'functions/adapters/logging', 'functions/adapters/zetasql'],
  '@grpc/proto-loader': ['functions/adapters/zetasql'],
  '@google-cloud/storage': ['functions/adapters/gcs'],
  '@google-cloud/secret-manager': ['functions/adapters/secret-manager'],
  '@google-cloud/logging': ['functions/adapters/logging'],
  kysely: ['functions/ledger', 'functions/adapters/sqlite', 'functions/adapters/postgres'],
  pg: ['functions/adapters/postgres', 'bench'],
  'pg-copy-streams': ['functions/adapters/postgres'],
  yauzl: ['functions/lib/unpack.ts'],
  yaml: [
    ...['functions/config/yaml.ts', 'functions/config/edit-yaml.ts', 'functions/config/splice-yaml.ts'],
    ...['functions/config/splice-entry.ts', 'bench'],
  ],
  citty: ['cli'],
  cdktf: ['infra'],
  constructs: ['infra'],
  'node:fs': [
    'functions/adapters',
    'functions/engine',
    'functions/pipeline',
    'functions/compose.ts',
    'functions/compose',
    'functions/config/disk.ts',
    'functions/lib/disk-failure.ts',
    'functions/lib/hash-file.ts',
    'functions/lib/unpack.ts',
    'cli',
    'mock',
    'infra/image',
    'infra/main.ts',
    'infra/write.ts',
    'docs',
    'bench',
    'packaging',
  ],
  // Adapters do not import each other, and two of them guard the addresses that they connect to.
  'node:net': ['functions/adapters', 'functions/lib/network-address.ts', 'cli'],
  'node:https': ['functions/adapters'],
  'node:dns': ['functions/adapters', 'functions/lib/network-address.ts'],
  'node:http': ['functions/adapters', 'functions/http', 'cli', 'bench'],
  'node:child_process': ['functions/adapters', 'cli', 'bench', 'infra/image', 'infra/terraform.ts', 'packaging'],
}

const within = (path: string, place: string) => path === place || path.startsWith(`${place}/`)

const files = ['functions', 'cli', 'mock', 'docs', 'bench', 'infra', 'packaging']
  .flatMap((root) => readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => join(root, path)))
  .filter((path) => /\.(ts|mjs)$/.test(path) && !path.includes('.data'))

/** Paths that a file imports: statically, dynamically, or as a type. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(?:\bfrom|\bimport) ?\(? ?'([^'\n]+)'/g)].map(([, path = '']) => path)
}

/** The files of this project among them. */
function ourImportsOf(file: string): readonly string[] {
  return importsOf(file)
    .filter((path) => path.startsWith('.'))
    .map((path) => join(dirname(file), path))
}

function placeOf(file: string): string | undefined {
  return Object.keys(MAY_IMPORT)
    .filter((place) => within(file, place))
    .toSorted((a, b) => b.length - a.length)[0]
}

it.each(files)('%s imports only what its folder may', (file) => {
  const place = placeOf(file)
  expect(place, `${file} is in a folder without a rule; add one to this test`).toBeDefined()
  const allowed = [place ?? '', ...(MAY_IMPORT[place ?? ''] ?? [])]
  const ours = importsOf(file)
    .filter((path) => path.startsWith('.'))
    .map((path) => join(dirname(file), path))
  expect(ours.filter((path) => path !== 'package.json' && !allowed.some((each) => within(path, each)))).toEqual([])
})

it.each(files)('%s reaches other systems only where that belongs', (file) => {
  const stray = importsOf(file)
    .map((name) => name.replace(/^node:fs\/promises$/, 'node:fs'))
    .filter((name) => SDK_PLACES[name] && !SDK_PLACES[name].some((place) => within(file, place)))
  expect(stray).toEqual([])
})

const AUTHORS = ['functions/compose/models.ts', 'functions/compose/test-models.ts']

it('the analyser of models is loaded by what compiles and tests them, and by nothing that runs them', () => {
  const importers = files.filter((file) =>
    ourImportsOf(file).some((path) => within(path, 'functions/adapters/zetasql')),
  )
  expect(importers.filter((file) => !within(file, 'functions/adapters/zetasql'))).toEqual(AUTHORS)
  const own = files.filter((file) => within(file, 'functions/adapters/zetasql'))
  // A package of the tools would be missing where models only run: loaded when it is called, and never before.
  const atOnce = /^import (?!type ).*from '(@grpc\/proto-loader|@fivetrandevelopers\/zetasql)'/m
  expect(own.filter((file) => atOnce.test(readFileSync(file, 'utf8')))).toEqual([])
  for (const file of AUTHORS) expect(readFileSync(file, 'utf8')).not.toMatch(/^import .*adapters\/zetasql/m)
})

it('no adapter imports another', () => {
  const strangers = files
    .filter((file) => within(file, 'functions/adapters'))
    .flatMap((file) => {
      const own = file.split('/').slice(0, 3).join('/')
      const others = importsOf(file)
        .filter((path) => path.startsWith('.'))
        .map((path) => join(dirname(file), path))
      return others
        .filter((path) => within(path, 'functions/adapters') && !within(path, own))
        .map((path) => `${file} -> ${path}`)
    })
  expect(strangers).toEqual([])
})

it('only the pipeline’s ports and entities are seen by adapters, and only compose.ts sees both', () => {
  const both = files.filter((file) => {
    const ours = importsOf(file)
      .filter((path) => path.startsWith('.'))
      .map((path) => join(dirname(file), path))
    const adapters = ours.some((path) => within(path, 'functions/adapters'))
    const pipeline = ours.some((path) => /^functions\/pipeline\/(?!ports|destination|entities|people)/.test(path))
    return within(file, 'functions') && !within(file, 'functions/adapters') && adapters && pipeline
  })
  expect(both.filter((file) => !/^functions\/compose(\.ts$|\/)/.test(file))).toEqual([])
})

/** Files that import each other, directly or over others: each set once, sorted. Imports of types count. */
function circles(): readonly (readonly string[])[] {
  const targets = new Map(files.map((file) => [file, ourImportsOf(file)]))
  const reached = new Map(files.map((file) => [file, reachedFrom(file, targets)]))
  const found = files.map((file) =>
    files.filter((other) => reached.get(file)?.has(other) && reached.get(other)?.has(file)).toSorted(),
  )
  return [...new Map(found.filter((each) => each.length > 0).map((each) => [each.join(' '), each])).values()]
}

function reachedFrom(start: string, targets: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>()
  const open = [start]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const fresh = (targets.get(file) ?? []).filter((path) => !reached.has(path))
    for (const path of fresh) reached.add(path)
    open.push(...fresh)
  }
  return reached
}

it('no file imports itself over others', () => {
  expect(circles()).toEqual([])
})

const PRODUCT = /^(functions|cli|mock)\//
// An old Node that reads no TypeScript looks here for the one that `npm ci` put next to this file's folder.
const ENTRY = 'cli/daybreak.mjs'

it('no file of the product is found by a path from its source', () => {
  const sources = files.filter((file) => PRODUCT.test(file) && file !== ENTRY)
  const places = /\bimport\.meta\b|\b__(?:dirname|filename)\b|\brequire\.resolve\b|\bcreateRequire\b/
  expect(sources.filter((file) => places.test(readFileSync(file, 'utf8')))).toEqual([])
})

it('every import that the product makes while it runs has a literal name', () => {
  const free = files
    .filter((file) => PRODUCT.test(file))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\bimport\((?!'[^']+'\))[^)]*\)/g)].map(([text]) => `${file}: ${text}`),
    )
  expect(free).toEqual([])
})

it('the product starts no process from a source file but its own entry', () => {
  const started = files
    .filter((file) => PRODUCT.test(file) && file !== ENTRY)
    .filter((file) => /['"`/][\w-]+\.m?[jt]s['"`]/.test(withoutImports(file)))
    .filter((file) => /\bnode:(child_process|worker_threads|cluster)\b/.test(readFileSync(file, 'utf8')))
  expect(started).toEqual([])
})

it('every file of the product is reached from an entry', () => {
  // The client is the dashboard's.
  const library = ['testing', 'migrations'].map((name) => `functions/compose/library/${name}.ts`)
  const entries = [
    ...['functions/server.ts', ENTRY, 'cli/demo.ts', 'docs/generate.ts', 'functions/api/contract/client.ts'],
    ...library,
  ]
  const targets = new Map(files.map((file) => [file, ourImportsOf(file)]))
  const reached = new Set([...entries, ...entries.flatMap((entry) => [...reachedFrom(entry, targets)])])
  expect(files.filter((file) => PRODUCT.test(file) && !reached.has(file))).toEqual([])
})

function withoutImports(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/(?:\bfrom|\bimport) ?\(? ?'[^'\n]+'/g, '')
}
