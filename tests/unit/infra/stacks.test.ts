import { beforeAll, describe, expect, it } from 'vitest'
import { NotifyConfig } from '../../../functions/config/notify-config.ts'
import { ROUTES } from '../../../functions/handlers/routes.ts'
import type { Deployment } from '../../../infra/deployment.ts'
import { deploymentOf } from '../../../infra/deployment-of.ts'
import { iapAudience, RUN_SERVICES, serviceUrl } from '../../../infra/names.ts'
import { alertsOf } from '../../../infra/observability/alerts.ts'
import { checkPolicy } from '../../../infra/policy/check-policy.ts'
import { sweepCron } from '../../../infra/stacks/schedule.ts'
import { type Synthesized, synthesize } from '../../../infra/synth.ts'
import {
  CLOUD_ENVIRONMENTS,
  deploymentFor,
  fullDeployment,
  notifyWith,
  resourcesOf,
  withNotify,
} from '../../support/deployment.ts'

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
  it('has a table per stream of the contracts, one of rejects, one of profiles and one of loads, partitioned and filtered', () => {
    const tables = Object.values(resourcesOf(stacks, 'google_bigquery_table')).filter((table) => 'schema' in table)
    const streams = [...(prod.project.contracts.get('toast')?.keys() ?? [])]
    expect(tables.map((table) => table['table_id']).toSorted()).toEqual(
      [...streams, 'rejects', 'profiles', '_loads'].toSorted(),
    )
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

describe('models', () => {
  const datasets = () => resourcesOf(stacks, 'google_bigquery_dataset')
  const holders = (dataset: string) =>
    Object.values(resourcesOf(stacks, 'google_bigquery_dataset_iam_member'))
      .filter(({ dataset_id }) => dataset_id === dataset)
      .map(({ member, role }) => `${String(member).replace(/@.*/, '')} ${String(role).split('/').at(-1)}`)

  it('have views, tables and a place for rows that are not published, which go after a day', () => {
    for (const id of ['models', 'models-data', 'models-staging'])
      expect(datasets()[`warehouse/dataset-${id}`]).toMatchObject({ location: 'us-central1' })
    const expiring = Object.entries(datasets()).filter(([, each]) => 'default_table_expiration_ms' in each)
    expect(expiring.map(([id, each]) => [id, each['default_table_expiration_ms']])).toEqual([
      ['warehouse/dataset-models-staging', 86_400_000],
    ])
  })

  it('are built by the worker alone, and shown by the API without what is held', () => {
    for (const dataset of ['models', 'models_data', 'models_staging'])
      expect(holders(dataset).filter((each) => /daybreak(Loader|Builder)$/.test(each))).toEqual([
        `serviceAccount:daybreak-worker ${dataset === 'models_staging' ? 'daybreakLoader' : 'daybreakBuilder'}`,
      ])
    const shown = (dataset: string) => holders(dataset).includes('serviceAccount:daybreak-api daybreakReader')
    expect(['models', 'models_data', 'models_staging'].map(shown)).toEqual([true, true, false])
  })

  it('may count and join by hashed columns: of all components, the worker reads what has a policy tag', () => {
    const readers = Object.values(resourcesOf(stacks, 'google_data_catalog_policy_tag_iam_member'))
    const components = readers.map(({ member }) => String(member)).filter((member) => member.includes(':daybreak-'))
    expect(components.map((member) => member.replace(/@.*/, ''))).toEqual(['serviceAccount:daybreak-worker'])
  })

  it('have a dataset of views for each environment of models alone', () => {
    const project = { ...prod.project, modelEnvironments: ['dev_anna'] }
    const own = synthesize({ ...prod, project })
    const found = Object.values(resourcesOf(own, 'google_bigquery_dataset')).map(({ dataset_id }) => dataset_id)
    expect(found).toContain('models_dev_anna')
    expect(checkPolicy(own, { ...prod, project })).toEqual([])
    expect(checkPolicy(own, prod).length).toBeGreaterThan(0)
  })

  it('have a topic of builds with its dead letters, that each sender of work may publish to', () => {
    const subscription = resourcesOf(stacks, 'google_pubsub_subscription')['messaging/subscription-daybreak-build-push']
    expect(subscription).toMatchObject({
      push_config: { push_endpoint: expect.stringMatching(/\/build$/) },
      dead_letter_policy: { dead_letter_topic: expect.stringContaining('daybreak-build-dead-letter') },
    })
    const senders = Object.values(resourcesOf(stacks, 'google_pubsub_topic_iam_member')).filter(
      ({ topic, role }) => topic === 'daybreak-build' && role === 'roles/pubsub.publisher',
    )
    expect(senders.map(({ member }) => String(member).replace(/@.*/, '')).toSorted()).toEqual(
      ['api', 'backfill', 'worker'].map((name) => `serviceAccount:daybreak-${name}`),
    )
  })

  it('that are held or stale are told of, and not twice', async () => {
    const ids = async (of: Deployment) => alertsOf(of).map(({ id }) => id)
    expect(await ids(prod)).not.toContain('model-held')
    expect(await ids(await deploymentFor('prod'))).toEqual(expect.arrayContaining(['model-held', 'models-stale']))
    expect(await ids(prod)).toContain('models-stale')
  })
})

describe('messages', () => {
  it('are pushed to paths that the handlers serve', () => {
    const endpoints = Object.values(resourcesOf(stacks, 'google_pubsub_subscription')).flatMap((subscription) => {
      const push = subscription['push_config']
      return push && typeof push === 'object' && 'push_endpoint' in push ? [new URL(String(push.push_endpoint))] : []
    })
    expect(endpoints).toHaveLength(2 * Object.keys(prod.topics).length)
    for (const { origin, pathname } of endpoints) {
      expect(origin).toBe(pathname === '/notify' ? serviceUrl('notify', prod) : prod.http.audience)
      expect(ROUTES).toContainEqual(expect.objectContaining({ method: 'POST', caller: 'push', path: pathname }))
    }
  })

  it('of the schedule name each time zone of the locations once, one sweep, and each minute of the watch', () => {
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
      { schedule: '* * * * *', zone: 'Etc/UTC', kind: 'notify' },
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

describe('the API', () => {
  it('keeps a socket for an hour, 500 of them in an instance, and sends a page to the instance that it knows', () => {
    const api = resourcesOf(stacks, 'google_cloud_run_v2_service')['compute/api']
    expect(api).toMatchObject({
      template: { timeout: '3600s', max_instance_request_concurrency: 500, session_affinity: true },
    })
  })

  it('lets people pass IAP by name, and is then called by IAP itself', () => {
    const passing = Object.values(resourcesOf(stacks, 'google_iap_web_cloud_run_service_iam_member'))
    expect(passing.map(({ member, role, cloud_run_service_name }) => [member, role, cloud_run_service_name])).toEqual(
      [
        'group:managers@example.com',
        'serviceAccount:daybreak-operator@example-daybreak-prod.iam.gserviceaccount.com',
      ].map((member) => [member, 'roles/iap.httpsResourceAccessor', 'daybreak-api']),
    )
    const invokers = Object.values(resourcesOf(stacks, 'google_cloud_run_v2_service_iam_member'))
      .filter(({ name, role }) => name === 'daybreak-api' && role === 'roles/run.invoker')
      .map(({ member }) => member)
    expect(invokers).toContain('serviceAccount:service-000000000000@gcp-sa-iap.iam.gserviceaccount.com')
    expect(iapAudience(prod)).toBe('/projects/000000000000/locations/us-central1/services/daybreak-api')
  })

  it('reads the log of our own lines, and no other', () => {
    const logs = Object.values(resourcesOf(stacks, 'google_project_iam_member')).filter(
      ({ member, role }) => String(member).includes('daybreak-api@') && String(role).startsWith('roles/logging'),
    )
    expect(logs).toMatchObject([
      {
        role: 'roles/logging.viewAccessor',
        condition: {
          expression:
            "resource.name == 'projects/example-daybreak-prod/locations/us-central1/buckets/daybreak/views/_AllLogs'",
        },
      },
    ])
  })
})

describe('the way out to mail, Slack and PagerDuty', () => {
  const tagged = (of: readonly Synthesized[]) =>
    ['google_cloud_run_v2_service', 'google_cloud_run_v2_job'].flatMap((type) =>
      Object.entries(resourcesOf(of, type)).flatMap(([id, each]) =>
        JSON.stringify(each).includes('"tags":["daybreak-notify"]') ? [id] : [],
      ),
    )
  const rule = (of: readonly Synthesized[]) => resourcesOf(of, 'google_compute_firewall')['network/allow-notify']

  it('is open to the service that notifies, and to no other', () => {
    expect(tagged(stacks)).toEqual(['compute/notify'])
    expect(rule(stacks)).toMatchObject({
      target_tags: ['daybreak-notify'],
      allow: [{ protocol: 'tcp', ports: ['443', '587'] }],
    })
    const readers = Object.values(resourcesOf(stacks, 'google_secret_manager_secret_iam_member'))
      .filter(({ secret_id, role }) => ['slack', 'pagerduty', 'smtp'].includes(String(secret_id)) && role === ACCESSOR)
      .map(({ member }) => member)
    expect(readers).toHaveLength(3)
    expect(new Set(readers)).toEqual(
      new Set(['serviceAccount:daybreak-notify@example-daybreak-prod.iam.gserviceaccount.com']),
    )
  })

  it('is open for a heartbeat alone, whose address the watch alone reads', async () => {
    const notify = NotifyConfig.parse({ version: 1, heartbeat: 'secret://heartbeat' })
    const only = synthesize(withNotify(await deploymentFor('dev'), notify))
    expect(rule(only)).toMatchObject({ target_tags: ['daybreak-notify'], allow: [{ ports: ['443'] }] })
    const readers = Object.values(resourcesOf(only, 'google_secret_manager_secret_iam_member')).filter(
      ({ secret_id, role }) => secret_id === 'heartbeat' && role === ACCESSOR,
    )
    expect(readers.map(({ member }) => member)).toEqual([
      'serviceAccount:daybreak-notify@example-daybreak-dev.iam.gserviceaccount.com',
    ])
  })

  it('is as wide as the channels: mail alone opens no 443, and no channel opens nothing', async () => {
    const dev = await deploymentFor('dev')
    expect(rule(synthesize(dev))).toBeUndefined()
    const mail = { mail: { kind: 'email', smtp: 'secret://smtp', from: 'Daybreak <daybreak@example.com>' } }
    const only = synthesize(withNotify(dev, notifyWith(mail)))
    expect(rule(only)).toMatchObject({ allow: [{ protocol: 'tcp', ports: ['587'] }] })
  })
})

describe('the keys of Identity-Aware Proxy', () => {
  const record = (of: readonly Synthesized[]) => resourcesOf(of, 'google_dns_record_set')['network/iap-keys-addresses']
  const rule = (of: readonly Synthesized[]) => resourcesOf(of, 'google_compute_firewall')['network/allow-iap-keys']

  it('are found at the private addresses of Google APIs, by their one name', () => {
    const zone = resourcesOf(stacks, 'google_dns_managed_zone')['network/iap-keys']
    expect(zone).toMatchObject({ dns_name: 'www.gstatic.com.', visibility: 'private' })
    expect(record(stacks)).toMatchObject({ name: 'www.gstatic.com.', type: 'A' })
    expect(record(stacks)?.['rrdatas']).toContain('199.36.153.8')
  })

  it('are reached by the API alone where a perimeter has other addresses', () => {
    expect(rule(stacks)).toMatchObject({ target_tags: ['daybreak-api'], destination_ranges: ['199.36.153.8/30'] })
    const services = Object.entries(resourcesOf(stacks, 'google_cloud_run_v2_service'))
    const tagged = services.filter(([, each]) => JSON.stringify(each).includes('"tags":["daybreak-api"]'))
    expect(tagged.map(([id]) => id)).toEqual(['compute/api'])
  })

  it('open nothing without a perimeter, and have no name without people', async () => {
    const dev = await deploymentFor('dev')
    const open = synthesize(dev)
    expect(record(open)).toBeDefined()
    expect(rule(open)).toBeUndefined()
    const { auth: _, ...programs } = dev.project.environment
    const closed = synthesize(deploymentOf({ ...dev.project, environment: programs }))
    expect(record(closed)).toBeUndefined()
  })
})

it('the key of API tokens is read by the API alone', () => {
  const readers = Object.values(resourcesOf(stacks, 'google_secret_manager_secret_iam_member')).filter(
    ({ secret_id }) => secret_id === 'token-key',
  )
  expect(readers.filter(({ role }) => role === ACCESSOR).map(({ member }) => member)).toEqual([
    'serviceAccount:daybreak-api@example-daybreak-prod.iam.gserviceaccount.com',
  ])
})

it('people who may pass the proxy need an API that knows them', () => {
  const { auth: _, ...environment } = prod.project.environment
  const infra = { ...prod.infra, people: ['group:managers@example.com'] }
  expect(() => deploymentOf({ ...prod.project, environment: { ...environment, infra } })).toThrow('`auth` is absent')
})

const ACCESSOR = 'roles/secretmanager.secretAccessor'

describe('what costs money while nothing happens', () => {
  it('is the ledger alone: no service keeps an instance', () => {
    const services = Object.values(resourcesOf(stacks, 'google_cloud_run_v2_service'))
    expect(services).toHaveLength(RUN_SERVICES.length)
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
