import { describe, expect, it } from 'vitest'
import { readCompiledModels } from '../../../functions/compose/models.ts'
import { loadProject } from '../../../functions/config/project.ts'
import type { CompiledModel } from '../../../functions/models/compiled.ts'
import { type Exposure, exposureIssues } from '../../../functions/models/exposure.ts'
import { type LineageGraph, lineageGraph } from '../../../functions/models/lineage/graph.ts'
import { WHOLE_FILE } from '../../../functions/models/lineage/node.ts'
import { type LineageWalk, traceLineage } from '../../../functions/models/lineage/trace.ts'
import { aModel, reads } from '../../support/models.ts'

const FLASH: Exposure = {
  name: 'weekly_flash',
  title: 'Weekly flash',
  kind: 'mail',
  description: 'Net sales of the week.',
  reads: [{ table: 'models.daily_location', columns: ['net_sales'] }, { table: 'toast.order_details' }],
}

const project = await loadProject({ projectDir: process.cwd(), environment: 'local', env: {} })
const streams = [...project.contracts].flatMap(([pipeline, own]) =>
  [...own.values()].map((contract) => ({ pipeline, contract })),
)
const compiled = await readCompiledModels(process.cwd())
const models = new Map(Object.entries(compiled.models))
const shipped = lineageGraph({ streams, models, exposures: [FLASH] })

const trace = (graph: LineageGraph, walk: Partial<LineageWalk> & Pick<LineageWalk, 'node'>) =>
  traceLineage(graph, { column: null, direction: 'both', depth: 20, ...walk })
const values = (found: ReturnType<typeof trace>) =>
  found.columns.map(({ from, to }) => `${from.node}.${from.column} > ${to.node}.${to.column}`)

describe('the graph of the project', () => {
  it('has the ends of every edge among the columns of its nodes', () => {
    const has = (node: string, column: string) =>
      shipped.nodes.get(node)?.columns.some(({ name }) => name === column) ?? false
    const lost = [
      ...shipped.columns.flatMap(({ from, to }) => [from, to]),
      ...shipped.rows.map(({ from }) => from),
    ].filter(({ node, column }) => !has(node, column))
    expect(lost).toEqual([])
    const nodes = shipped.reads.flatMap(({ from, to }) => [from, to])
    expect(nodes.filter((id) => !shipped.nodes.has(id))).toEqual([])
  })

  it('gives each column of a table a header or the file itself', () => {
    const made = new Set(shipped.columns.map(({ to }) => `${to.node}.${to.column}`))
    const orphans = [...shipped.nodes.values()]
      .filter(({ kind }) => kind === 'stream')
      .flatMap(({ id, columns }) => columns.map(({ name }) => `${id}.${name}`))
      .filter((column) => !made.has(column))
    expect(orphans).toEqual([])
  })

  it('says format, privacy and expression of a header', () => {
    const edgesTo = (node: string, column: string) =>
      shipped.columns.filter(({ to }) => to.node === node && to.column === column)
    const [opened] = edgesTo('toast.order_details', 'opened_at')
    expect(opened?.expression).toMatch(/^datetime .+/)
    const changed = streams.flatMap(({ pipeline, contract }) =>
      contract.columns
        .filter(({ privacy }) => privacy !== 'keep')
        .map(({ name, privacy }) => ({ node: `${pipeline}.${contract.stream}`, name, privacy })),
    )
    expect(changed.length).toBeGreaterThan(0)
    for (const { node, name, privacy } of changed)
      expect(edgesTo(node, name)[0]).toMatchObject({ kind: 'TRANSFORMATION', expression: privacy })
    const derived = streams.flatMap(({ pipeline, contract }) =>
      contract.derived.map(({ name }) => [`${pipeline}.${contract.stream}`, name] as const),
    )
    expect(derived.length).toBeGreaterThan(0)
    for (const [node, name] of derived) expect(edgesTo(node, name)[0]?.expression, `${node}.${name}`).toBeTruthy()
  })

  it('leads from a figure of a morning to the headers that it is made of, and on to what shows it', () => {
    const found = trace(shipped, { node: 'models.daily_location', column: 'net_sales', direction: 'upstream' })
    expect(values(found)).toEqual([
      'models.daily_sales.net_sales > models.daily_location.net_sales',
      'models.order_facts.net_sales > models.daily_sales.net_sales',
      'toast.order_details.amount > models.order_facts.net_sales',
      'file:toast/OrderDetails.csv.Amount > toast.order_details.amount',
    ])
    const shown = trace(shipped, { node: 'models.daily_location', column: 'net_sales', direction: 'downstream' })
    expect(values(shown)).toContain(
      'models.daily_location.net_sales > exposure:weekly_flash.models.daily_location.net_sales',
    )
    const decided = found.rows.map(({ from, to, kind }) => `${kind} ${from.node}.${from.column} ${to}`)
    expect(decided).toContain('JOIN toast.order_details.opened_at models.order_facts')
    expect(found.met.has('file:config/dayparts.yaml')).toBe(true)
  })

  it('names a column that decides over rows as one that any column of them depends on', () => {
    const found = trace(shipped, { node: 'models.dayparts', column: 'from_hour', direction: 'downstream' })
    expect(values(found)).toEqual([])
    expect([...found.met.keys()]).toEqual(
      expect.arrayContaining(['models.order_facts', 'models.daily_sales', 'models.daily_location']),
    )
    expect(found.met.get('models.daily_location')).toContain('net_sales')
    expect(found.met.has('models.labour_daily')).toBe(false)
  })

  it('takes the file itself for what no header has', () => {
    const found = trace(shipped, { node: 'toast.order_details', column: 'location_id', direction: 'upstream' })
    expect(values(found)).toEqual([`file:toast/OrderDetails.csv.${WHOLE_FILE} > toast.order_details.location_id`])
  })
})

describe('what is not known', () => {
  it('is an edge that says so, and a change may reach everything behind it', () => {
    const found = trace(shipped, { node: 'toast.order_details', column: 'tab_name', direction: 'downstream' })
    expect(found.reads.filter(({ to }) => to === 'exposure:weekly_flash')).toEqual([
      { from: 'toast.order_details', to: 'exposure:weekly_flash', isKnown: false },
    ])
    expect(values(found)).toEqual([])
  })

  it('is a script, and a query whose columns are not told', () => {
    const { sql: _, ...base } = aModel('sessions', { columns: { id: 'string' }, sql: '' }) as CompiledModel & {
      sql?: unknown
    }
    const modules = { 'sessions.ts': '' }
    const references = [reads(0, 'toast.order_details')]
    const script = { ...base, kind: 'script', references, script: { entry: 'sessions.ts', modules } } as CompiledModel
    const query = aModel('after', { columns: { id: 'string' }, references: [reads(0, 'models.sessions')], sql: '' })
    const graph = lineageGraph({
      streams,
      models: new Map([
        ['sessions', script],
        ['after', query],
      ]),
      exposures: [],
    })
    const found = trace(graph, { node: 'toast.order_details', column: 'amount', direction: 'downstream' })
    expect(found.reads.map(({ to, isKnown }) => [to, isKnown])).toEqual([
      ['models.sessions', false],
      ['models.after', false],
    ])
    expect(trace(graph, { node: 'models.after', column: 'id', direction: 'upstream' }).met.keys()).toContain(
      'toast.order_details',
    )
  })
})

describe('a walk', () => {
  it('goes over as many nodes as it is told, in the direction that it is told', () => {
    const node = 'models.daily_sales'
    const ids = (depth: number, direction: LineageWalk['direction']) =>
      [...trace(shipped, { node, depth, direction }).met.keys()].toSorted()
    expect(ids(1, 'upstream')).toEqual([node, 'models.order_facts'])
    expect(ids(1, 'downstream')).toEqual(expect.arrayContaining(['models.daily_location', node]))
    expect(ids(20, 'upstream')).not.toContain('models.daily_location')
    const column = 'net_sales'
    expect(values(trace(shipped, { node, column, depth: 2, direction: 'upstream' }))).toHaveLength(2)
  })

  it('ends, and reads each edge once, in a lattice of 500 models with more paths than can be counted', () => {
    const lattice = new Map(
      Array.from({ length: 500 }, (_, at): [string, CompiledModel] => {
        const above = at < 2 ? [] : [at % 2 === 0 ? at - 2 : at - 3, at % 2 === 0 ? at - 1 : at - 2]
        const tables = above.map((each) => `models.m${each}`)
        const model = aModel(`m${at}`, {
          columns: { a: 'int64', b: 'int64' },
          references: tables.map((table, hole) => reads(hole, table)),
          sql: '',
        })
        const sources = tables.map((table) => ({ table, column: 'a', kind: 'TRANSFORMATION' as const }))
        return [`m${at}`, { ...model, lineage: { columns: { a: sources, b: [] }, rows: [] } }]
      }),
    )
    const graph = lineageGraph({ streams: [], models: lattice, exposures: [] })
    const found = trace(graph, { node: 'models.m499', column: 'a', direction: 'upstream', depth: 1000 })
    expect(found.columns).toHaveLength(4 * 248 + 2)
    expect(found.met.size).toBe(499)
    expect(trace(graph, { node: 'models.m0', column: 'b', direction: 'downstream', depth: 1000 }).columns).toEqual([])
  })
})

describe('exposures', () => {
  it('that name what does not exist are refused with their place', () => {
    const wrong: Exposure = {
      ...FLASH,
      reads: [{ table: 'models.daily_locaton' }, { table: 'models.daily_sales', columns: ['net_sale'] }],
    }
    expect(exposureIssues([FLASH, wrong], { nodes: shipped.nodes, unused: new Set() })).toEqual([
      { path: ['exposures', 1, 'name'], message: 'the exposure weekly_flash stands twice' },
      {
        path: ['exposures', 1, 'reads', 0, 'table'],
        message: expect.stringMatching(/^there is no table models\.daily_locaton\..*models\.daily_location/),
      },
      {
        path: ['exposures', 1, 'reads', 1, 'columns', 0],
        message: expect.stringMatching(/^models\.daily_sales has no column net_sale\..*net_sales/),
      },
    ])
    expect(exposureIssues([FLASH], { nodes: shipped.nodes, unused: new Set() })).toEqual([])
  })
})
