import { appendFile, cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Catalog } from '../../functions/api/contract/catalog.ts'
import { pushToOpenMetadata } from '../../functions/compose/push-openmetadata.ts'
import type { Project } from '../../functions/config/project.ts'
import { shippedCatalog, shippedProject } from '../support/catalog.ts'
import { daybreak } from '../support/cli.ts'
import { testFolder } from '../support/folder.ts'
import { BOT_TOKEN, type OpenMetadataServer, startOpenMetadata } from '../support/openmetadata.ts'
import { ROOT } from '../support/world.ts'

const SALES = 'daybreak.default.models.daily_sales'
const CHECKS = 'daybreak.default.toast.check_details'
const shipped = await shippedProject()
const catalog = await shippedCatalog()

// The server of a test has no users until one is made.
const STRANGERS = [...new Set(catalog.entries.flatMap(({ owner }) => owner ?? []))]

interface Asked {
  readonly isDryRun?: boolean
  readonly isOverwriting?: boolean
  readonly catalog?: Catalog
  readonly token?: string
}

async function opened() {
  const server = await startOpenMetadata()
  onTestFinished(() => server.close())
  const project: Project = {
    ...shipped,
    environment: {
      ...shipped.environment,
      catalog: { policyTags: {}, openmetadata: { url: server.url, token: 'secret://bot', service: 'daybreak' } },
    },
  }
  const push = (asked: Asked = {}) =>
    pushToOpenMetadata(asked.catalog ?? catalog, project, {
      ...{ isDryRun: asked.isDryRun ?? false, isOverwriting: asked.isOverwriting ?? false },
      secrets: { read: async () => new TextEncoder().encode(`${asked.token ?? BOT_TOKEN}\n`) },
    })
  return { server, push }
}

/** A catalog with one entry changed. */
function changed(id: string, change: (entry: Catalog['entries'][number]) => Catalog['entries'][number]): Catalog {
  return { ...catalog, entries: catalog.entries.map((entry) => (entry.id === id ? change(entry) : entry)) }
}

interface Column {
  name: string
  dataType: string
  description: string
  tags: { tagFQN: string; source: string; labelType: string; state: string }[]
}

function columnOf(server: OpenMetadataServer, table: string, name: string): Column {
  const columns = server.entity('tables', table)['columns'] as Column[]
  const found = columns.find((column) => column.name === name)
  if (!found) throw new Error(`${table} has no column ${name}`)
  return found
}

describe('a push to OpenMetadata', () => {
  it('shows on a dry run what it would make, and writes nothing', async () => {
    const { server, push } = await opened()
    const { changes } = await push({ isDryRun: true })
    expect(server.writes).toEqual([])
    expect(changes).toContainEqual({ entity: SALES, what: 'table', from: '', to: 'new' })
    expect(changes).toContainEqual({ entity: 'daybreak.net sales', what: 'term', from: '', to: 'new' })
    expect(await push()).toEqual({ changes, kept: 0, strangers: STRANGERS })
  })

  it('makes every table once, with columns, words and tags, and finds nothing to do again', async () => {
    const { server, push } = await opened()
    await push()
    const tables = catalog.entries.filter(({ kind }) => kind !== 'exposure')
    for (const { id, columns, description } of tables) {
      const stored = server.entity('tables', `daybreak.default.${id}`)
      expect(stored['description']).toBe(description)
      expect((stored['columns'] as Column[]).map(({ name }) => name)).toEqual(columns.map(({ name }) => name))
    }
    expect(columnOf(server, SALES, 'net_sales')).toMatchObject({
      dataType: 'NUMERIC',
      tags: [{ tagFQN: 'daybreak.net sales', source: 'Glossary', labelType: 'Automated' }],
    })
    expect(columnOf(server, CHECKS, 'customer_phone').tags).toMatchObject([{ tagFQN: 'daybreak_privacy.hash' }])
    expect(server.entity('glossaryTerms', 'daybreak.net sales')).toMatchObject({ synonyms: ['sales', 'revenue'] })
    expect(server.entity('tables', SALES)['tableConstraints']).toMatchObject([{ constraintType: 'PRIMARY_KEY' }])
    const before = server.writes.length
    expect(await push()).toEqual({ changes: [], kept: 0, strangers: STRANGERS })
    expect(server.writes).toHaveLength(before)
  })

  it('leaves what others wrote, fills what is empty, and replaces only if it is asked to', async () => {
    const { server, push } = await opened()
    await push()
    server.entity('tables', SALES)['description'] = 'Written by Kim.'
    columnOf(server, SALES, 'tips').description = 'Also by Kim.'
    columnOf(server, SALES, 'tax').description = ''
    const { changes, kept } = await push()
    expect(kept).toBe(2)
    expect(changes.map(({ what }) => what)).toEqual(['description of tax'])
    expect(server.entity('tables', SALES)['description']).toBe('Written by Kim.')
    expect(columnOf(server, SALES, 'tips').description).toBe('Also by Kim.')
    expect(columnOf(server, SALES, 'tax').description).not.toBe('')
    const shown = await push({ isOverwriting: true, isDryRun: true })
    expect(shown.changes.map(({ what, from }) => [what, from])).toEqual([
      ['description', 'Written by Kim.'],
      ['description of tips', 'Also by Kim.'],
    ])
    expect(await push({ isOverwriting: true })).toEqual(shown)
    expect(server.entity('tables', SALES)['description']).not.toContain('Kim')
    expect(await push({ isOverwriting: true })).toEqual({ changes: [], kept: 0, strangers: STRANGERS })
  })

  it('makes pages and exports as dashboards that lead from their tables', async () => {
    const { server, push } = await opened()
    await push()
    const page = server.entity('dashboards', 'daybreak.flash')
    expect(page).toMatchObject({ displayName: 'Weekly flash', dashboardType: 'Report', service: 'daybreak' })
    const from = (name: string) => server.entity('tables', `daybreak.default.models.${name}`).id
    const edges = () => server.edges().filter(({ toEntity }) => toEntity === page.id)
    expect(edges().map(({ fromEntity }) => fromEntity)).toEqual([from('daily_location'), from('guests')])
    const reads = ['models.daily_location', 'models.deposits']
    const { changes } = await push({ catalog: changed('exposure:flash', (entry) => ({ ...entry, reads })) })
    expect(changes.map(({ what, from: before, to }) => [what, before, to])).toEqual([
      ['reads', '', 'daybreak.default.models.deposits'],
      ['reads', 'daybreak.default.models.guests', ''],
    ])
    expect(edges().map(({ fromEntity }) => fromEntity)).toEqual([from('daily_location'), from('deposits')])
  })

  it('names users and teams that are there as owners, and lists the others', async () => {
    const { server, push } = await opened()
    const named = (owner: string) => changed('models.daily_sales', (entry) => ({ ...entry, owner }))
    expect((await push({ catalog: named('Books') })).strangers).toContain('Books')
    expect(server.entity('tables', SALES)['owners']).toBeUndefined()
    const team = server.addOwner('teams', { name: 'Books' })
    const { changes, strangers } = await push({ catalog: named('Books') })
    expect(changes).toEqual([{ entity: SALES, what: 'owner', from: '', to: 'Books' }])
    expect(strangers).not.toContain('Books')
    expect(server.entity('tables', SALES)['owners']).toEqual([{ id: team, type: 'team' }])
    server.addOwner('users', { name: 'kim', email: 'kim@other.example' })
    expect((await push({ catalog: named('kim@example.com') })).strangers).toContain('kim@example.com')
    const kim = server.addOwner('users', { name: 'kim', email: 'kim@example.com' })
    expect(await push({ catalog: named('kim@example.com') })).toMatchObject({ changes: [], kept: 1 })
    await push({ catalog: named('kim@example.com'), isOverwriting: true })
    expect(server.entity('tables', SALES)['owners']).toEqual([{ id: kim, type: 'user' }])
  })

  it('takes back tags of its own that are out of date, and no tag of others', async () => {
    const { server, push } = await opened()
    await push()
    const tag = { source: 'Classification', labelType: 'Automated', state: 'Confirmed' }
    const column = columnOf(server, CHECKS, 'customer_phone')
    column.tags.unshift({ ...tag, tagFQN: 'daybreak_privacy.mask' })
    column.tags.push({ ...tag, tagFQN: 'daybreak_privacy.drop', labelType: 'Manual' })
    const { changes } = await push()
    expect(changes).toEqual([{ entity: CHECKS, what: 'tag of customer_phone', from: 'daybreak_privacy.mask', to: '' }])
    expect(columnOf(server, CHECKS, 'customer_phone').tags.map(({ tagFQN }) => tagFQN)).toEqual([
      'daybreak_privacy.hash',
      'daybreak_privacy.drop',
    ])
  })

  it('gives a table its new columns and keeps the words of others at the old ones', async () => {
    const { server, push } = await opened()
    await push()
    columnOf(server, SALES, 'tips').description = 'By Kim.'
    columnOf(server, SALES, 'tips').tags.push({
      ...{ tagFQN: 'daybreak_privacy.mask', source: 'Classification', labelType: 'Manual', state: 'Confirmed' },
    })
    const next = changed('models.daily_sales', (entry) => ({
      ...entry,
      columns: [
        ...entry.columns.filter(({ name }) => name !== 'tax').slice(0, 3),
        ...entry.columns.slice(0, 1).map((column) => ({ ...column, name: 'city', description: 'Where it is.' })),
        ...entry.columns.filter(({ name }) => name !== 'tax').slice(3),
      ],
    }))
    const { changes, kept } = await push({ catalog: next })
    expect(changes.filter(({ what }) => what.startsWith('column ')).map(({ what }) => what)).toEqual([
      'column city',
      'column tax',
    ])
    expect(kept).toBe(1)
    expect(columnOf(server, SALES, 'city').description).toBe('Where it is.')
    expect(columnOf(server, SALES, 'tips')).toMatchObject({
      description: 'By Kim.',
      tags: expect.arrayContaining([expect.objectContaining({ tagFQN: 'daybreak_privacy.mask' })]),
    })
    expect(await push({ catalog: next })).toMatchObject({ changes: [], kept: 1 })
  })

  it('draws lineage down to columns, keeps an edge that a person drew, and takes its own back', async () => {
    const { server, push } = await opened()
    await push()
    const idOf = (fqn: string) => server.entity('tables', fqn).id
    const facts = idOf('daybreak.default.models.order_facts')
    const edge = server.edges().find(({ fromEntity, toEntity }) => fromEntity === facts && toEntity === idOf(SALES))
    expect(edge?.lineageDetails.columnsLineage).toContainEqual({
      fromColumns: ['daybreak.default.models.order_facts.net_sales'],
      toColumn: `${SALES}.net_sales`,
    })
    if (!edge) throw new Error('no edge')
    edge.lineageDetails = { source: 'Manual', columnsLineage: [] }
    const stale = { source: 'QueryLineage', columnsLineage: [] }
    server.addEdge({ fromEntity: idOf(CHECKS), toEntity: idOf(SALES), lineageDetails: stale })
    expect(await push()).toMatchObject({
      changes: [{ entity: SALES, what: 'reads', from: CHECKS, to: '' }],
      kept: 1,
    })
    expect(edge.lineageDetails.source).toBe('Manual')
    const { changes } = await push({ isOverwriting: true })
    expect(changes).toMatchObject([{ entity: SALES, what: 'columns of daybreak.default.models.order_facts', from: '' }])
    expect(await push()).toEqual({ changes: [], kept: 0, strangers: STRANGERS })
  })

  it('takes words with dots, quotes and slashes', async () => {
    const { server, push } = await opened()
    const word = { term: 'food/drink "no. 1"', meaning: 'A word.', owner: null, synonyms: [], columns: [] }
    const wide = { ...catalog, glossary: [...catalog.glossary, word] }
    await push({ catalog: wide })
    expect(server.entity('glossaryTerms', 'daybreak."food-drink -no. 1-"')).toMatchObject({ displayName: word.term })
    expect(await push({ catalog: wide })).toEqual({ changes: [], kept: 0, strangers: STRANGERS })
  })

  it('goes on after one that broke off', async () => {
    const { server, push } = await opened()
    server.fail(503)
    await expect(push()).rejects.toMatchObject({ code: 'CATALOG_UNREACHABLE', retryable: true })
    server.fail(null)
    await push({ catalog: { ...catalog, entries: catalog.entries.slice(0, 3) } })
    await push()
    expect(await push()).toEqual({ changes: [], kept: 0, strangers: STRANGERS })
  })

  it('says what was refused, and nothing of the token', async () => {
    const { push } = await opened()
    const error = await push({ token: 'an-old-token' }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'CATALOG_REFUSED',
      message: expect.stringMatching(/answered 401 to GET .*: Invalid token$/),
    })
    expect(String(error)).not.toContain('an-old-token')
  })
})

describe('daybreak catalog push --to openmetadata', () => {
  async function project(catalogYaml: string) {
    const folder = await testFolder()
    await cp(join(ROOT, 'config'), join(folder, 'config'), { recursive: true })
    await mkdir(join(folder, 'home/secrets'), { recursive: true })
    await writeFile(join(folder, 'home/secrets/openmetadata'), `${BOT_TOKEN}\n`)
    await appendFile(join(folder, 'config/environments/local.yaml'), catalogYaml)
    return (...flags: string[]) =>
      daybreak(['catalog', 'push', '--project-dir', folder, ...flags], {
        env: { DAYBREAK_HOME: join(folder, 'home') },
      })
  }

  it('pushes by the token that the environment names, and says what stays', async () => {
    const { server } = await opened()
    const run = await project(`\ncatalog:\n  openmetadata:\n    url: ${server.url}\n    token: secret://openmetadata\n`)
    expect(await run('--to', 'openmetadata')).toMatchObject({ code: 0, stderr: '' })
    server.entity('tables', SALES)['description'] = 'Written by Kim.'
    const again = await run('--to', 'openmetadata')
    expect(again.stdout).toContain('Every table is described as the catalog says.')
    expect(again.stdout).toContain('1 text or edge of others differs and stays')
  })

  it('names the keys that an environment without it lacks, and refuses a flag that BigQuery does not have', async () => {
    const run = await project('')
    const refused = await run('--to', 'openmetadata')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/names no OpenMetadata; expected `catalog.openmetadata`/)
    expect((await run('--overwrite')).stderr).toContain('--overwrite is for OpenMetadata')
  })
})
