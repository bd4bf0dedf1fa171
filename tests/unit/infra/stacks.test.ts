import { beforeAll, describe, expect, it } from 'vitest'
import { ROUTES } from '../../../functions/handlers/routes.ts'
import type { Deployment } from '../../../infra/deployment.ts'
import { sweepCron } from '../../../infra/stacks/schedule.ts'
import { type Synthesized, synthesize } from '../../../infra/synth.ts'
import { CLOUD_ENVIRONMENTS, deploymentFor, fullDeployment, resourcesOf } from '../../support/deployment.ts'

let prod: Deployment
let stacks: readonly Synthesized[]
beforeAll(async () => {
  prod = await fullDeployment()
  stacks = synthesize(prod)
})

it('synthesises all three environments the same every time', async () => {
  for (const environment of CLOUD_ENVIRONMENTS) {
    const deployment = await deploymentFor(environment)
    expect(synthesize(deployment)).toEqual(synthesize(deployment))
  }
})

describe('the warehouse', () => {
  it('has a table per stream of the contracts, one of rejects and one of loads, partitioned and filtered', () => {
    const tables = Object.values(resourcesOf(stacks, 'google_bigquery_table')).filter((table) => 'schema' in table)
    const streams = [...(prod.project.contracts.get('toast')?.keys() ?? [])]
    expect(tables.map((table) => table['table_id']).toSorted()).toEqual([...streams, 'rejects', '_loads'].toSorted())
    for (const table of tables) {
      expect(table).toMatchObject({
        require_partition_filter: table['table_id'] !== '_loads',
        time_partitioning: { type: 'DAY', field: 'business_date' },
        deletion_protection: true,
      })
    }
  })

  it('has no column that a load cannot fill: the time of a load is a default, and its run is in the table of loads', () => {
    for (const table of Object.values(resourcesOf(stacks, 'google_bigquery_table'))) {
      const columns: readonly Record<string, unknown>[] = JSON.parse(String(table['schema'] ?? '[]'))
      const loadedAt = columns.find(({ name }) => name === '_loaded_at')
      expect(columns.map(({ name }) => name)).not.toContain('_run_id')
      if (loadedAt) expect(loadedAt['defaultValueExpression']).toBe('CURRENT_TIMESTAMP()')
    }
  })

  it('takes columns, descriptions and clustering from the contract, and tags what is hashed or masked', () => {
    const contract = prod.project.contracts.get('toast')!.get('check_details')!
    const table = resourcesOf(stacks, 'google_bigquery_table')['warehouse/table-toast-check-details']!
    const columns: readonly Record<string, unknown>[] = JSON.parse(String(table['schema']))
    expect(table['clustering']).toEqual(contract.table.clusterBy)
    const hidden = contract.columns.filter(({ privacy }) => privacy !== 'keep').map(({ name }) => name)
    expect(hidden.length).toBeGreaterThan(0)
    expect(columns.filter((column) => 'policyTags' in column).map(({ name }) => name)).toEqual(hidden)
    expect(columns.find(({ name }) => name === contract.columns[0]!.name)).toMatchObject({
      description: contract.columns[0]!.description,
    })
  })

  it('lies where the buckets lie', () => {
    const datasets = Object.values(resourcesOf(stacks, 'google_bigquery_dataset')).map(({ location }) => location)
    const buckets = Object.values(resourcesOf(stacks, 'google_storage_bucket')).map(({ location }) => location)
    const places = [...datasets, ...buckets].map((place) => String(place).toLowerCase())
    expect(new Set(places)).toEqual(new Set(['us-central1']))
  })
})

describe('messages', () => {
  it('are pushed to paths that the handlers serve', () => {
    const endpoints = Object.values(resourcesOf(stacks, 'google_pubsub_subscription')).flatMap((subscription) => {
      const push = subscription['push_config']
      return push && typeof push === 'object' && 'push_endpoint' in push ? [new URL(String(push.push_endpoint))] : []
    })
    expect(endpoints).toHaveLength(8)
    for (const { origin, pathname } of endpoints) {
      expect(origin).toBe(prod.http.audience)
      expect(ROUTES).toContainEqual(expect.objectContaining({ method: 'POST', caller: 'push', path: pathname }))
    }
  })

  it('of the schedule name each time zone of the locations once, and one sweep', () => {
    const jobs = Object.values(resourcesOf(stacks, 'google_cloud_scheduler_job'))
    const told = jobs.map((job) => {
      const target = job['pubsub_target']
      const data = target && typeof target === 'object' && 'data' in target ? String(target.data) : ''
      return {
        schedule: job['schedule'],
        zone: job['time_zone'],
        ...JSON.parse(Buffer.from(data, 'base64').toString()),
      }
    })
    const zones = ['America/Chicago', 'America/Los_Angeles', 'America/New_York']
    expect(told.toSorted((a, b) => String(a.zone).localeCompare(String(b.zone)))).toEqual([
      ...zones.map((zone) => ({ schedule: '30 4 * * *', zone, timeZone: zone, kind: 'tick', pipeline: 'toast' })),
      { schedule: '*/15 * * * *', zone: 'Etc/UTC', kind: 'tick', pipeline: 'toast' },
    ])
  })

  it.each([
    ['15m', '*/15 * * * *'],
    ['1h', '0 */1 * * *'],
    ['6h', '0 */6 * * *'],
  ])('sweep every %s', (sweepEvery, cron) => {
    const pipeline = prod.project.pipelines.get('toast')!
    expect(sweepCron({ ...pipeline, schedule: { ...pipeline.schedule, sweepEvery } })).toBe(cron)
  })

  it.each(['7m', '90m', '500ms'])('cannot sweep every %s, and says so', (sweepEvery) => {
    const pipeline = prod.project.pipelines.get('toast')!
    expect(() => sweepCron({ ...pipeline, schedule: { ...pipeline.schedule, sweepEvery } })).toThrow(sweepEvery)
  })
})

describe('what costs money while nothing happens', () => {
  it('is the ledger alone: no service keeps an instance', () => {
    const services = Object.values(resourcesOf(stacks, 'google_cloud_run_v2_service'))
    expect(services).toHaveLength(2)
    for (const service of services) expect(service).toMatchObject({ template: { scaling: { min_instance_count: 0 } } })
    const always = stacks.flatMap(({ json }) =>
      Object.keys(json.resource).filter((type) => /instance|cluster|worker_pool|connector|forwarding/.test(type)),
    )
    expect(always).toEqual(['google_sql_database_instance'])
  })

  it('declares nothing for an external ledger', async () => {
    const dev = await deploymentFor('dev')
    const elsewhere = synthesize({ ...dev, ledger: { ...dev.ledger, host: 'db.example.com' } })
    expect(elsewhere.map(({ name }) => name)).not.toContain('ledger')
    const traces = JSON.stringify(elsewhere).match(/roles\/cloudsql\.client|cloud-sql-proxy|google_service_networking/g)
    expect(traces).toBeNull()
  })
})
