import { describe, expect, it } from 'vitest'
import { openLineageNames } from '../../../functions/compose/lineage-sending.ts'
import type { LineageNode } from '../../../functions/models/lineage/node.ts'
import { type EndedWork, type RunEvent, runEvents, withinLinks } from '../../../functions/models/lineage/openlineage.ts'
import { staticEvents } from '../../../functions/models/lineage/static-events.ts'
import { shippedSources } from '../../support/catalog.ts'
import { openLineageJudge } from '../../support/openlineage.ts'
import { schemasPresent } from '../../support/published-schemas.ts'

const { graph, project } = await shippedSources()
const BIGQUERY = {
  ...project,
  environment: {
    ...project.environment,
    google: { project: 'acme-data', region: 'us-central1' },
    warehouse: {
      ...{ kind: 'bigquery' as const, location: 'US', createTables: true },
      ...{ maximumBytesBilled: 10_737_418_240, dollarsPerTib: 6.25 },
    },
  },
}
const sources = { graph, names: openLineageNames(BIGQUERY), sql: 'SELECT 1', owner: 'finance@example.com' }
const ENDED: EndedWork = {
  ...{ table: 'models.daily_sales', window: '2026-10-29', epoch: 1_793_000_000, rows: 12, bytes: 2_048 },
  ...{ startedAt: Date.parse('2026-10-30T09:00:00Z'), endedAt: Date.parse('2026-10-30T09:00:05Z') },
  ...{ totals: {}, checks: [{ name: 'equals_orders', effect: 'warn', failed: 2 }], error: null },
}
const FAILED = { ...ENDED, error: { code: 'MODEL_HELD', message: 'a check failed' } }
const LOADED: EndedWork = {
  ...ENDED,
  table: 'toast.order_details',
  checks: [],
  totals: { amount: '1234.56' },
  bytes: null,
}

describe.skipIf(!schemasPresent)(
  `run events by the published schemas${schemasPresent ? '' : ': skipped: not present'}`,
  () => {
    const nodes = [...graph.nodes.values()].filter(({ kind }) => kind === 'stream' || kind === 'model')

    it('are valid for every stream and every model, with each of their facets', () => {
      const judge = openLineageJudge()
      const events = nodes.flatMap(({ id }) => [
        ...runEvents({ ...ENDED, table: id }, sources),
        runEvents({ ...FAILED, table: id }, sources)[1],
      ])
      expect(events).toHaveLength(nodes.length * 3)
      expect(events.flatMap(judge)).toEqual([])
    })

    it('and events without a run are, for every node of the graph', () => {
      const judge = openLineageJudge()
      const events = staticEvents({ ...sources, makerOf: () => sources }, ENDED.endedAt)
      const kinds = Map.groupBy([...graph.nodes.values()], ({ kind }) => kind)
      const countOf = (kind: LineageNode['kind']) => kinds.get(kind)?.length ?? 0
      const tables = countOf('stream') + countOf('model')
      expect(events).toHaveLength(2 * tables + countOf('file') + countOf('exposure'))
      expect(events.flatMap(judge)).toEqual([])
      const { producer: _, ...without } = events[0] ?? {}
      expect(judge(without)).not.toEqual([])
    })

    it('would be refused with a run id that is none, and with a facet that lacks a member', () => {
      const judge = openLineageJudge()
      const [, complete] = runEvents(ENDED, sources)
      expect(judge({ ...complete, run: { runId: '7' } })).not.toEqual([])
      const text = JSON.stringify(complete).replaceAll('"assertion":', '"assertions":')
      expect(judge(JSON.parse(text)).join()).toMatch(/DataQualityAssertionsDatasetFacet.*assertion/)
    })
  },
)

describe('a run', () => {
  it('begins and ends under one id, which the same work gives again and another epoch does not', () => {
    const idOf = (event: RunEvent) => JSON.parse(JSON.stringify(event)).run.runId
    const [start, complete] = runEvents(ENDED, sources)
    expect([start['eventType'], complete['eventType']]).toEqual(['START', 'COMPLETE'])
    expect([start['eventTime'], complete['eventTime']]).toEqual([
      '2026-10-30T09:00:00.000Z',
      '2026-10-30T09:00:05.000Z',
    ])
    expect(idOf(start)).toBe(idOf(complete))
    expect(runEvents(ENDED, sources)).toEqual([start, complete])
    expect(idOf(runEvents({ ...ENDED, epoch: ENDED.epoch + 1 }, sources)[0])).not.toBe(idOf(start))
  })

  it('that failed says why, and claims no rows', () => {
    const [, failed] = runEvents(FAILED, sources)
    expect(failed).toMatchObject({
      eventType: 'FAIL',
      run: { facets: { errorMessage: { message: 'MODEL_HELD: a check failed', programmingLanguage: 'SQL' } } },
    })
    expect(JSON.stringify(failed)).not.toContain('outputStatistics')
  })

  it('of a build names its tables as BigQuery does, its columns with their sources, and its checks', () => {
    const [, complete] = runEvents(ENDED, sources)
    expect(complete).toMatchObject({
      job: {
        namespace: 'daybreak.local',
        name: 'models.daily_sales',
        facets: { ownership: { owners: [{ name: 'finance@example.com' }] } },
      },
      outputs: [
        {
          namespace: 'bigquery',
          name: 'acme-data.models.daily_sales',
          facets: {
            columnLineage: {
              fields: {
                net_sales: {
                  inputFields: [
                    {
                      ...{ namespace: 'bigquery', name: 'acme-data.models.order_facts', field: 'net_sales' },
                      transformations: [{ type: 'DIRECT', subtype: 'AGGREGATION' }],
                    },
                  ],
                },
              },
            },
            dataQualityAssertions: { assertions: [{ assertion: 'equals_orders', success: false }] },
          },
          outputFacets: { outputStatistics: { rowCount: 12, size: 2_048 } },
        },
      ],
    })
    expect(JSON.stringify(complete)).toContain('"type":"INDIRECT","subtype":"GROUP_BY"')
  })

  it('of a load leads from the headers of the file, says what is masked, and carries the sums', () => {
    const [, complete] = runEvents(LOADED, sources)
    expect(complete).toMatchObject({
      inputs: [{ namespace: 'file://daybreak.local', name: '/toast/OrderDetails.csv' }],
      outputs: [{ facets: { dataQualityMetrics: { rowCount: 12, columnMetrics: { amount: { sum: 1234.56 } } } } }],
    })
    const [, guests] = runEvents({ ...LOADED, table: 'toast.check_details' }, sources)
    expect(guests).toMatchObject({
      outputs: [
        {
          facets: {
            columnLineage: {
              fields: {
                customer_phone: { inputFields: [{ field: 'Customer Phone', transformations: [{ masking: true }] }] },
                total: { inputFields: [{ field: 'Total', transformations: [{ masking: false }] }] },
              },
            },
          },
        },
      ],
    })
  })

  it('of many links loses those that decide over rows first, and then all, and keeps the rest', () => {
    const [, complete] = runEvents(ENDED, sources)
    const textOf = (most: number | null) => JSON.stringify(withinLinks(complete, most))
    expect(withinLinks(complete, null)).toBe(complete)
    expect(withinLinks(complete, 10_000)).toBe(complete)
    expect(textOf(30)).not.toContain('INDIRECT')
    expect(textOf(30)).toContain('AGGREGATION')
    expect(textOf(1)).not.toContain('columnLineage')
    expect(textOf(1)).toContain('outputStatistics')
  })
})
