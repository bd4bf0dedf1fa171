import { beforeAll, describe, expect, it } from 'vitest'
import { openCloudLog } from '../../../functions/adapters/logging/log.ts'
import type { LogEntry } from '../../../functions/pipeline/ports.ts'
import { connectionLimit, connectionPlan, maxApis, maxNotifiers, maxWorkers } from '../../../infra/connections.ts'
import type { Deployment } from '../../../infra/deployment.ts'
import { deploymentOf } from '../../../infra/deployment-of.ts'
import { grantsOf } from '../../../infra/grants/all.ts'
import { alertsOf, prometheusName } from '../../../infra/observability/alerts.ts'
import { type LogMetric, METRICS } from '../../../infra/observability/metrics.ts'

import { operationsSql } from '../../../infra/stacks/observability.ts'
import { type Synthesized, synthesize } from '../../../infra/synth.ts'
import { CLOUD_ENVIRONMENTS, deploymentFor, fullDeployment, resourcesOf } from '../../support/deployment.ts'

let full: Deployment
let stacks: readonly Synthesized[]
beforeAll(async () => {
  full = await fullDeployment()
  stacks = synthesize(full)
})

/** A line as Cloud Logging gets it. */
function lineOf(entry: Partial<LogEntry>): Record<string, unknown> {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const service = { name: 's', version: 'v' }
  const log = openCloudLog({ write, now: () => 0, newId: () => '1', project: 'p', service })
  log({ severity: 'INFO', message: 'm', ...entry })
  return JSON.parse(lines[0] ?? '{}')
}

const COUNTS = { rows: 1, rejected: 1, missing: 1, quarantined: 1, held: 1, dead: 1 }
const FULL: Partial<LogEntry> = {
  ...{ code: 'LOAD_REJECTED', step: 'stage', pipeline: 'toast', stream: 'order_details', shard: '1' },
  ...{ window: '2026-01-05', milliseconds: 1, counts: COUNTS },
}

const at = (line: Record<string, unknown>, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], line)

it('metrics and the view of operations read fields that a line of ours has', () => {
  const line = lineOf(FULL)
  const metrics = Object.values<LogMetric>(METRICS)
  const texts = metrics.map(({ filter, value, labels }) => [filter, value, ...Object.values(labels)].join(' '))
  const paths = [
    ...texts.join(' ').matchAll(/jsonPayload\.([a-z_.]+)/g),
    ...operationsSql('p', 'toast').matchAll(/json_payload\.([a-z_.]+)/g),
  ].map(([, path = '']) => path)
  expect(new Set(paths).size).toBeGreaterThan(8)
  expect(paths.filter((path) => at(line, path) === undefined)).toEqual([])
})

describe('the first apply', () => {
  it('makes metrics in a stack of their own, before what looks at them', () => {
    const names = stacks.map(({ name }) => name)
    const stackOf = (type: string) =>
      stacks.filter(({ json }) => json.resource[type] !== undefined).map(({ name }) => name)
    expect(stackOf('google_logging_metric')).toEqual(['metrics'])
    for (const type of ['google_monitoring_alert_policy', 'google_monitoring_slo']) {
      expect(stackOf(type)).toEqual(['observability'])
      expect(names.indexOf('metrics')).toBeLessThan(names.indexOf('observability') - 1)
    }
  })
})

describe('alerts', () => {
  it('on log lines hear services and jobs', () => {
    for (const { id, conditions } of alertsOf(full)) {
      const filters = conditions.flatMap((condition) =>
        condition.kind === 'threshold' && condition.filter.includes('logging.googleapis.com/user/')
          ? [condition.filter]
          : [],
      )
      if (filters.length === 0) continue
      const writers = filters.map((filter) => /resource\.type="(\w+)"/.exec(filter)?.[1])
      expect(writers, id).toEqual(['cloud_run_revision', 'cloud_run_job'])
    }
  })

  it.each(['nothing-loaded', 'no-ticks', 'no-watch', 'no-runs'])(
    '%s fires in a project where it never happened',
    (id) => {
      const [condition] = alertsOf(full).find((alert) => alert.id === id)?.conditions ?? []
      expect(condition).toMatchObject({
        kind: 'query',
        query: expect.stringMatching(/^\(sum\(.*\) or vector\(0\)\) < 1$/),
      })
    },
  )

  it('on data are off where the watch tells people of the same, and those on machines and absence stay', async () => {
    const ids = (deployment: Deployment) => alertsOf(deployment).map(({ id }) => id)
    const silent = ids(await deploymentFor('prod'))
    const telling = ids(full)
    const data = /^(run-failed|model-held$|files-|not-reconciled$|load-rejected$|source-)/
    expect(silent.filter((id) => data.test(id))).toHaveLength(8)
    expect(telling.toSorted()).toEqual(
      [...silent.filter((id) => !data.test(id)), 'notifications-undelivered'].toSorted(),
    )
    for (const id of ['no-watch', 'no-ticks', 'no-runs', 'nothing-loaded', 'worker-errors', 'ledger-down'])
      expect(telling).toContain(id)
  })

  it('say that the watch is silent after ten minutes, once', () => {
    const [condition] = alertsOf(full).find(({ id }) => id === 'no-watch')?.conditions ?? []
    expect(condition).toMatchObject({ query: expect.stringContaining('daybreak_heartbeats'), lasts: 300 })
    expect(condition).toMatchObject({ query: expect.stringContaining('[5m]') })
    const others = alertsOf(full).filter(({ id }) => ['dead-letters', 'messages-stuck'].includes(id))
    expect(others).toHaveLength(2)
    expect(JSON.stringify(others)).not.toContain('daybreak-notify-push')
  })

  it('name metrics as Prometheus does', () => {
    expect(prometheusName('logging.googleapis.com/user/daybreak/loads')).toBe(
      'logging_googleapis_com:user_daybreak_loads',
    )
    expect(prometheusName('pubsub.googleapis.com/topic/send_message_operation_count')).toBe(
      'pubsub_googleapis_com:topic_send_message_operation_count',
    )
  })
})

it('no line is stored twice: what has a bucket of its own is left out of the default one', () => {
  const exclusions = Object.values(resourcesOf(stacks, 'google_logging_project_exclusion')).map(({ filter }) => filter)
  const sinks = resourcesOf(stacks, 'google_logging_project_sink')
  expect(exclusions).toContain(sinks['observability/log-route']?.['filter'])
  expect(exclusions).toContain('logName:"cloudaudit.googleapis.com%2Fdata_access"')
})

describe('connections to the ledger', () => {
  it.each(CLOUD_ENVIRONMENTS)(
    'of %s stay below the limit of the machine during a canary, and the alert below it',
    async (name) => {
      const deployment = await deploymentFor(name)
      const plan = connectionPlan(deployment)!
      const instances = 2 * (maxWorkers(deployment) + maxApis(deployment) + maxNotifiers(deployment)) + 2
      expect(instances * deployment.ledger.connections).toBeLessThan(plan.limit)
      expect(plan.most).toBeLessThan(plan.limit)
      expect(plan.alertAbove).toBeLessThan(plan.limit)
      const alert = alertsOf(deployment).find(({ id }) => id === 'ledger-connections')
      expect(alert?.conditions).toMatchObject([{ value: plan.alertAbove, reducer: 'REDUCE_SUM' }])
    },
  )

  it.each([
    ['db-f1-micro', { workers: 1, apis: 1 }],
    ['db-g1-small', { workers: 5, apis: 3 }],
    ['db-custom-1-3840', { workers: 5, apis: 16 }],
    ['db-custom-2-7680', { workers: 5, apis: 25 }],
  ] as const)('of %s are shared by the worker, the API and the watch', async (tier, shares) => {
    const prod = await deploymentFor('prod')
    const sized = { ...prod, infra: { ...prod.infra, ledger: { ...prod.infra.ledger, tier } } }
    expect(connectionPlan(sized)).toMatchObject({ ...shares, notifiers: 1 })
    expect([maxWorkers(sized), maxApis(sized)]).toEqual([shares.workers, shares.apis])
  })

  it('that are too few for a worker are refused before anything is made', async () => {
    const dev = await deploymentFor('dev')
    const { project } = dev
    const { ledger } = project.environment
    const environment = { ...project.environment, ledger: { ...ledger, connections: 8 } }
    expect(() => deploymentOf({ ...project, environment } as never)).toThrow(
      /ledger.connections is 8, and db-f1-micro allows 25: too few for one worker during a release/,
    )
  })

  it.each([
    ['db-f1-micro', 25],
    ['db-g1-small', 50],
    ['db-custom-1-3840', 100],
    ['db-custom-2-7680', 400],
  ] as const)('of %s are %i', (tier, limit) => {
    expect(connectionLimit(tier)).toBe(limit)
  })
})

it('shows lines of failures that are about no pipeline yet in the view of each', () => {
  expect(operationsSql('p', 'toast')).toContain("IFNULL(JSON_VALUE(json_payload.pipeline), 'toast') = 'toast'")
})

describe('groups of people', () => {
  const roles = (deployment: Deployment, member: string) =>
    grantsOf(deployment).flatMap((grant) =>
      grant.member === member ? [`${grant.role} ${JSON.stringify(grant.on)}`] : [],
    )

  it('that operate may do what the runbooks say, and neither read a secret nor a row', () => {
    const found = roles(full, full.infra.operators[0]!).join('\n')
    for (const part of [
      'daybreakOperator',
      'daybreakRunner',
      'run.developer',
      'secretVersionManager',
      'builds.approver',
    ])
      expect(found).toContain(part)
    expect(found).not.toMatch(/secretAccessor|bigquery|storage|Admin|admin/)
  })

  it('that apply act as the accounts that plan and apply, and as nothing else', () => {
    const found = roles(full, full.infra.appliers[0]!)
    expect(found).toEqual([
      'roles/iam.serviceAccountTokenCreator {"kind":"account","name":"plan"}',
      'roles/iam.serviceAccountTokenCreator {"kind":"account","name":"apply"}',
    ])
  })
})
