import { describe, expect, it } from 'vitest'
import { toDaybreakError } from '../../../functions/errors.ts'
import { loadFiles, projectFiles } from '../../support/project.ts'

const FILE = 'config/connections.yaml'
const LOCAL = 'config/environments/local.yaml'
const PIPELINE = 'config/pipelines/toast.yaml'
const valid = projectFiles()

const CONNECTIONS = `version: 1
connections:
  toast: { kind: folder, root: inbox, minimum_age: 5m }
  lake: { kind: duckdb, path: lake.duckdb }
  loft: { kind: bigquery, location: US }
`

/** A project with config/connections.yaml, whose environment says `own` instead of its sources. */
function withConnections({ file = CONNECTIONS, own = '', pipeline = '' } = {}): Readonly<Record<string, string>> {
  const environment = (valid[LOCAL] ?? '').replace('sources:\n  toast: { kind: folder, root: inbox }\n', own)
  return projectFiles({ [FILE]: file, [LOCAL]: environment, [PIPELINE]: `${valid[PIPELINE]}${pipeline}` })
}

const problems = async (files: Readonly<Record<string, string>>) =>
  await loadFiles(files).then(
    () => '',
    (error: unknown) => toDaybreakError(error).message,
  )

describe('the connections of a project', () => {
  it('serve as sources and destinations, with their paths below the project', async () => {
    const project = await loadFiles(withConnections({ pipeline: 'destination: lake\n', own: GOOGLE }))
    expect(project.environment.sources.toast).toMatchObject({ root: '/project/inbox', minimumAge: '5m' })
    expect(project.destinations.lake).toMatchObject({ kind: 'duckdb', path: '/project/lake.duckdb' })
    expect(Object.keys(project.destinations)).toEqual(['lake', 'loft'])
  })

  it('are none without the file', async () => {
    expect((await loadFiles(valid)).destinations).toEqual({})
  })
})

const GOOGLE = 'google: { project: acme-daybreak, region: us-central1 }\n'

describe('the connections of an environment', () => {
  const own = (text: string) => withConnections({ own: `${GOOGLE}${text}` })

  it.each([
    ['replace a member', 'connections:\n  toast: { root: other }\n', { root: '/project/other', minimumAge: '5m' }],
    ['replace one whole by another kind', 'connections:\n  toast: { kind: gcs, bucket: acme-in }\n', { kind: 'gcs' }],
    ['are called sources as well', 'sources:\n  toast: { kind: folder, root: third }\n', { root: '/project/third' }],
  ])('%s', async (_, text, expected) => {
    expect((await loadFiles(own(text))).environment.sources.toast).toMatchObject(expected)
  })

  it('add one', async () => {
    const { destinations } = await loadFiles(own('connections:\n  attic: { kind: duckdb, path: /a.duckdb }\n'))
    expect(destinations.attic).toMatchObject({ path: '/a.duckdb' })
  })

  it.each([
    [
      'a name in both lists',
      'connections:\n  toast: { root: other }\nsources:\n  toast: { kind: folder, root: third }\n',
      `${LOCAL}:7:3 sources.toast: "toast" stands in \`connections\` too; remove one of them`,
    ],
    [
      'a member that the kind does not have',
      'connections:\n  toast: { rot: other }\n',
      `${LOCAL}:5:12 connections.toast has an unknown key \`rot\`. Did you mean "root"?`,
    ],
    [
      'a new one without its members',
      'connections:\n  attic: { kind: duckdb }\n',
      `${LOCAL}:5:10 connections.attic.path`,
    ],
    ['a kind that does not exist', 'connections:\n  attic: { kind: duckdbb }\n', 'Did you mean "duckdb"?'],
  ])('are refused with %s', async (_, text, expected) => {
    expect(await problems(own(text))).toContain(expected)
  })
})

describe('a pipeline', () => {
  const named = (pipeline: string) => problems(withConnections({ own: GOOGLE, pipeline }))

  it('is refused with a destination that does not exist', async () => {
    expect(await named('destination: lak\n')).toMatch(
      /toast\.yaml:\d+:14 destination: "lak" is no destination of the environment local\. Did you mean "lake"\?/,
    )
  })

  it('is refused with a destination that has another role, and is told which kinds have this one', async () => {
    expect(await named('destination: toast\n')).toContain(
      'destination: "toast" is a connection of the kind folder, which is no destination; expected one of the kind duckdb, bigquery',
    )
  })

  it('is refused with a source that has another role', async () => {
    const files = withConnections({ own: GOOGLE })
    const pipeline = (files[PIPELINE] ?? '').replace('source: toast', 'source: lake')
    expect(await problems({ ...files, [PIPELINE]: pipeline })).toContain(
      `${PIPELINE}:4:9 source: "lake" is a connection of the kind duckdb, which is no source; expected one of the kind sftp, folder, gcs`,
    )
  })
})

describe('config/connections.yaml', () => {
  it('is named with the place of what is wrong in it', async () => {
    expect(
      await problems(withConnections({ file: CONNECTIONS.replace('root: inbox', 'rot: inbox'), own: GOOGLE })),
    ).toBe(
      `${FILE}:3:10 connections.toast.root is missing; expected text\n${FILE}:3:26 connections.toast has an unknown key \`rot\`. Did you mean "root"?`,
    )
  })

  it('is named where one of its connections needs what the environment lacks', async () => {
    expect(await problems(withConnections())).toMatch(
      /connections\.yaml:5:17 connections\.loft\.kind: "bigquery" needs/,
    )
  })
})

it('two destinations in use may not have one file', async () => {
  const file = CONNECTIONS.replace('lake.duckdb', '/one.duckdb')
  const files = withConnections({ file, own: GOOGLE, pipeline: 'destination: lake\n' })
  const second = `version: 1\npipeline: other\ndescription: More.\nsource: toast\nstreams: [orders]\n`
  const local = (files[LOCAL] ?? '').replace(/path: "[^"]*warehouse.duckdb"/, 'path: /one.duckdb')
  const all = {
    ...files,
    [LOCAL]: local,
    'config/pipelines/other.yaml': second,
    'config/contracts/other/orders.yaml': valid['config/contracts/toast/orders.yaml'] ?? '',
  }
  expect(await problems(all)).toMatch(/"(lake|warehouse)" has the same file as "(lake|warehouse)": \/one\.duckdb/)
})
