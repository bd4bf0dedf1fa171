import { type Deployment, ledgerInstance } from '../deployment.ts'
import { API_TAG, accountEmail, type Component, NETWORK, NOTIFY_TAG, SUBNETWORK } from '../names.ts'

const SOCKETS = 'cloudsql'
const PORT = 8080

/** Google's proxy: it holds a TLS connection to the ledger's private address and offers a socket in `/cloudsql`. */
const PROXY = 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.18.2'
const PROXY_HEALTH = 9090

interface Contents {
  readonly deployment: Deployment
  readonly image: string
  readonly size: { readonly cpu: string; readonly memory: string }
}

/** Our container as a service, listening. */
export function serviceContainer(component: Component, contents: Contents) {
  return {
    ...container(component, contents),
    ports: { containerPort: PORT },
    // No processor between requests: what is idle costs nothing.
    resources: { limits: limits(contents), cpuIdle: true, startupCpuBoost: true },
    ...probes(),
  }
}

/** Our container as a job: one command, then gone. */
export function jobContainer(component: Component, contents: Contents) {
  return {
    ...container(component, contents),
    command: ['/nodejs/bin/node', 'cli/daybreak.mjs'],
    args: ['version'],
    resources: { limits: limits(contents) },
  }
}

function limits({ size: { cpu, memory } }: Contents) {
  return { cpu, memory }
}

/** Told which environment it is in, and as whom it logs in to the ledger. */
function container(component: Component, { deployment, image }: Contents) {
  const hasProxy = ledgerInstance(deployment) !== null
  return {
    name: 'daybreak',
    image,
    env: variables(component, deployment),
    ...(hasProxy && { dependsOn: ['ledger-proxy'], volumeMounts: [{ name: SOCKETS, mountPath: '/cloudsql' }] }),
  }
}

function probes() {
  const httpGet = { path: '/health', port: PORT }
  return {
    // A network that is new to an instance takes up to a minute to carry its first connection.
    startupProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 4, failureThreshold: 24 },
    livenessProbe: { httpGet, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 4 },
  }
}

function variables(component: Component, { environment, google }: Deployment) {
  const values = {
    DAYBREAK_ENV: environment,
    DAYBREAK_LEDGER_USER: accountEmail(component, google.project).replace('.gserviceaccount.com', ''),
  }
  return Object.entries(values).map(([name, value]) => ({ name, value }))
}

/** The proxy container, if the ledger is an instance of ours. */
export function ledgerSidecar(deployment: Deployment) {
  if (ledgerInstance(deployment) === null) return []
  return [
    {
      name: 'ledger-proxy',
      image: PROXY,
      args: [
        '--private-ip',
        '--unix-socket=/cloudsql',
        '--structured-logs',
        '--health-check',
        // It ends because the job has; that is no failure.
        '--exit-zero-on-sigterm',
        '--http-address=0.0.0.0',
        `--http-port=${PROXY_HEALTH}`,
        deployment.ledger.host.replace('/cloudsql/', ''),
      ],
      resources: { limits: { cpu: '1', memory: '512Mi' } },
      volumeMounts: [{ name: SOCKETS, mountPath: '/cloudsql' }],
      startupProbe: {
        httpGet: { path: '/startup', port: PROXY_HEALTH },
        periodSeconds: 1,
        timeoutSeconds: 1,
        failureThreshold: 60,
      },
    },
  ]
}

/** A folder in memory that the two containers share. */
export function volumes(deployment: Deployment) {
  return ledgerInstance(deployment) === null
    ? []
    : [{ name: SOCKETS, emptyDir: { medium: 'MEMORY', sizeLimit: '16Mi' } }]
}

/** All traffic leaves through the network, so that it has the one address and passes the firewall. */
export function vpcAccess(component: Component, { google, auth, infra }: Deployment) {
  const region = `projects/${google.project}/regions/${google.region}`
  return {
    egress: 'ALL_TRAFFIC',
    networkInterfaces: [
      {
        network: `projects/${google.project}/global/networks/${NETWORK}`,
        subnetwork: `${region}/subnetworks/${SUBNETWORK}`,
        ...(component === 'notify' && { tags: [NOTIFY_TAG] }),
        ...(component === 'api' && auth && infra.accessPolicy && { tags: [API_TAG] }),
      },
    ],
  }
}
