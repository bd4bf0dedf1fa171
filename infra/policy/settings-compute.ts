import { maxApis, maxNotifiers, maxWorkers } from '../connections.ts'
import { type Deployment, ledgerInstance } from '../deployment.ts'
import { as, type Expectation, is, type Settings } from './expect.ts'
import type { Json, Resource } from './resource.ts'

const LAST = 'template.containers.0'
const IGNORED = ['template[0].containers[0].image', 'template[0].revision', 'traffic', 'client', 'client_version']

/** Settings of one of our containers at a path, in every service and job. */
function containerAt(path: string): Readonly<Record<string, Expectation>> {
  return {
    [`${path}.name`]: is('daybreak'),
    [`${path}.image`]: is('${var.image}'),
    [`${path}.env`]: as((deployment, resource) => variables(deployment, resource)),
    [`${path}.depends_on`]: as((deployment) => (hasProxy(deployment) ? ['ledger-proxy'] : undefined)),
    [`${path}.volume_mounts`]: as((deployment) => (hasProxy(deployment) ? MOUNTS : undefined)),
  }
}

const MOUNTS: Json = [{ mount_path: '/cloudsql', name: 'cloudsql' }]
const PROBE: Json = { path: '/health', port: 8080 }

const SERVICE_CONTAINER = {
  ...containerAt(LAST),
  [`${LAST}.ports`]: is({ container_port: 8080 }),
  // Without a processor between requests there is nothing to pay for.
  [`${LAST}.resources.cpu_idle`]: is(true),
  [`${LAST}.resources.startup_cpu_boost`]: is(true),
  [`${LAST}.startup_probe`]: is({ failure_threshold: 24, http_get: PROBE, period_seconds: 5, timeout_seconds: 4 }),
  [`${LAST}.liveness_probe`]: is({ failure_threshold: 4, http_get: PROBE, period_seconds: 30, timeout_seconds: 5 }),
}

/** Settings of an instance at a path: as whom it runs, and the one way out. */
function instanceAt(path: string): Readonly<Record<string, Expectation>> {
  return {
    [`${path}.service_account`]: as(({ google }, { id }) => `daybreak-${id}@${google.project}.iam.gserviceaccount.com`),
    [`${path}.execution_environment`]: is('EXECUTION_ENVIRONMENT_GEN2'),
    [`${path}.vpc_access`]: as(({ google, infra, auth }, { id }) => ({
      egress: 'ALL_TRAFFIC',
      network_interfaces: [
        {
          network: `projects/${google.project}/global/networks/daybreak`,
          subnetwork: `projects/${google.project}/regions/${google.region}/subnetworks/daybreak-egress`,
          // The firewall lets these tags out, so one service has each.
          ...(id === 'notify' && { tags: ['daybreak-notify'] }),
          ...(id === 'api' && auth && infra.accessPolicy && { tags: ['daybreak-api'] }),
        },
      ],
    })),
    [`${path}.volumes`]: as((deployment) =>
      hasProxy(deployment) ? [{ empty_dir: { medium: 'MEMORY', size_limit: '16Mi' }, name: 'cloudsql' }] : [],
    ),
    [`${path}.containers.1`]: as((deployment) => (hasProxy(deployment) ? proxyOf(deployment) : undefined)),
    [`${path}.containers.2`]: as(() => undefined),
  }
}

/** Settings of the stack compute. */
export const COMPUTE_SETTINGS: Settings = {
  google_cloud_run_v2_service: {
    location: as(({ google }) => google.region),
    deletion_protection: as(({ infra }) => infra.protect),
    invoker_iam_disabled: is(false),
    traffic: is([{ percent: 100, type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST' }]),
    // Without one of these lines the next apply is a rollback.
    'lifecycle.ignore_changes': is(IGNORED),
    'template.scaling.min_instance_count': is(0),
    ...instanceAt('template'),
    ...SERVICE_CONTAINER,
  },
  'google_cloud_run_v2_service.worker': {
    name: is('daybreak-worker'),
    ingress: is('INGRESS_TRAFFIC_INTERNAL_ONLY'),
    custom_audiences: as(() => undefined),
    'template.timeout': is('600s'),
    'template.max_instance_request_concurrency': as(({ infra }) => infra.worker.messages),
    'template.scaling.max_instance_count': as((deployment) => maxWorkers(deployment)),
    [`${LAST}.resources.limits`]: as(({ infra }) => ({ cpu: infra.worker.cpu, memory: infra.worker.memory })),
  },
  'google_cloud_run_v2_service.api': {
    name: is('daybreak-api'),
    ingress: is('INGRESS_TRAFFIC_ALL'),
    custom_audiences: as(({ http }) => [http.audience]),
    // Sockets.
    'template.timeout': is('3600s'),
    'template.max_instance_request_concurrency': is(500),
    'template.session_affinity': is(true),
    'template.scaling.max_instance_count': as((deployment) => maxApis(deployment)),
    [`${LAST}.resources.limits`]: is({ cpu: '1', memory: '1Gi' }),
  },
  'google_cloud_run_v2_service.notify': {
    name: is('daybreak-notify'),
    ingress: is('INGRESS_TRAFFIC_INTERNAL_ONLY'),
    custom_audiences: as(({ http }) => [http.audience]),
    'template.timeout': is('600s'),
    'template.max_instance_request_concurrency': is(4),
    'template.scaling.max_instance_count': as((deployment) => maxNotifiers(deployment)),
    [`${LAST}.resources.limits`]: is({ cpu: '1', memory: '1Gi' }),
  },
  google_cloud_run_v2_job: {
    location: as(({ google }) => google.region),
    deletion_protection: as(({ infra }) => infra.protect),
    'lifecycle.ignore_changes': is(['template[0].template[0].containers[0].image', 'client', 'client_version']),
    'template.parallelism': is(1),
    'template.task_count': is(1),
    'template.template.timeout': is('86400s'),
    'template.template.max_retries': as((_, { id }) => (id === 'backfill' ? 3 : 0)),
    name: as((_, { id }) => `daybreak-${id}`),
    ...instanceAt('template.template'),
    ...containerAt('template.template.containers.0'),
    'template.template.containers.0.command': is(['/nodejs/bin/node', 'cli/daybreak.mjs']),
    'template.template.containers.0.args': is(['version']),
    'template.template.containers.0.resources': as(({ infra }) => ({
      limits: { cpu: infra.worker.cpu, memory: infra.worker.memory },
    })),
  },
}

function hasProxy(deployment: Deployment): boolean {
  return ledgerInstance(deployment) !== null
}

function variables({ environment, google }: Deployment, { id }: Resource): Json {
  const values = {
    DAYBREAK_ENV: environment,
    DAYBREAK_LEDGER_USER: `daybreak-${id}@${google.project}.iam`,
  }
  return Object.entries(values).map(([name, value]) => ({ name, value }))
}

/** By its private address only: with a public one the proxy would find another way. */
function proxyOf({ ledger }: Deployment): Json {
  return {
    args: [
      ...['--private-ip', '--unix-socket=/cloudsql', '--structured-logs', '--health-check', '--exit-zero-on-sigterm'],
      ...['--http-address=0.0.0.0', '--http-port=9090', ledger.host.replace('/cloudsql/', '')],
    ],
    image: 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.18.2',
    name: 'ledger-proxy',
    resources: { limits: { cpu: '1', memory: '512Mi' } },
    startup_probe: {
      failure_threshold: 60,
      http_get: { path: '/startup', port: 9090 },
      period_seconds: 1,
      timeout_seconds: 1,
    },
    volume_mounts: MOUNTS,
  }
}
