import { CloudRunV2Job } from '@cdktf/provider-google/lib/cloud-run-v2-job/index.js'
import { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service/index.js'
import { type App, TerraformOutput, type TerraformStack, TerraformVariable } from 'cdktf'
import { maxApis, maxNotifiers, maxWorkers } from '../connections.ts'
import type { Deployment } from '../deployment.ts'
import { emitGrants } from '../emit-grants.ts'
import { accountEmail, type Component, iapAudience, JOBS, nameOf, workerUrl } from '../names.ts'
import { createStack } from '../stack.ts'
import { jobContainer, ledgerSidecar, serviceContainer, volumes, vpcAccess } from './containers.ts'

/** Seconds that a message may take: the longest that Pub/Sub waits. */
export const REQUEST_SECONDS = 600
/** Seconds that a socket may stay open: the longest that Cloud Run allows. */
const SOCKET_SECONDS = 3600

/** The services and the job. None of them runs while there is nothing to do. */
export function computeStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'compute', deployment)
  const image = new TerraformVariable(stack, 'image', {
    type: 'string',
    description:
      'Image by digest: REGION-docker.pkg.dev/PROJECT/daybreak/daybreak@sha256:... Used for the first revision only.',
    nullable: false,
    validation: [
      {
        // An expression of Terraform, not of JavaScript.
        condition: `\${can(regex("@sha256:[0-9a-f]{64}$", var.image))}`,
        errorMessage: 'Name the image by digest, @sha256:...',
      },
    ],
  }).stringValue
  const worker = declareWorker({ stack, deployment, image })
  const api = declareApi({ stack, deployment, image })
  const jobs = JOBS.map((job) => [nameOf(job), declareJob(job, { stack, deployment, image })] as const)
  new TerraformOutput(stack, 'iap_audience', {
    value: iapAudience(deployment),
    description: 'Audience of the assertions that Identity-Aware Proxy sends to the API.',
  })
  const notify = declareNotify({ stack, deployment, image })
  const services = [worker, api, notify].map((service) => [service.nameInput ?? '', service] as const)
  emitGrants(['service', 'iap', 'job'], {
    stack,
    deployment,
    declared: new Map<string, CloudRunV2Service | CloudRunV2Job>([...services, ...jobs]),
  })
  return stack
}

interface Target {
  readonly stack: TerraformStack
  readonly deployment: Deployment
  readonly image: string
}

function declareWorker({ stack, deployment, image }: Target): CloudRunV2Service {
  const { worker } = deployment.infra
  return new CloudRunV2Service(stack, 'worker', {
    ...service('worker', deployment),
    // Pushes of Pub/Sub in the same project count as internal; no other caller is allowed.
    ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY',
    template: {
      ...template('worker', deployment),
      timeout: `${REQUEST_SECONDS}s`,
      maxInstanceRequestConcurrency: worker.messages,
      scaling: { minInstanceCount: 0, maxInstanceCount: maxWorkers(deployment) },
      containers: [serviceContainer('worker', { deployment, image, size: worker }), ...ledgerSidecar(deployment)],
    },
  })
}

function declareApi({ stack, deployment, image }: Target): CloudRunV2Service {
  return new CloudRunV2Service(stack, 'api', {
    ...service('api', deployment),
    ingress: 'INGRESS_TRAFFIC_ALL',
    // One audience for both services, because both check tokens with one configuration.
    customAudiences: [workerUrl(deployment)],
    template: {
      ...template('api', deployment),
      // A socket of a page is a request, and stays as long as this.
      timeout: `${SOCKET_SECONDS}s`,
      maxInstanceRequestConcurrency: 500,
      // A page that comes back finds the instance that has its answers.
      sessionAffinity: true,
      scaling: { minInstanceCount: 0, maxInstanceCount: maxApis(deployment) },
      containers: [
        serviceContainer('api', { deployment, image, size: { cpu: '1', memory: '1Gi' } }),
        ...ledgerSidecar(deployment),
      ],
    },
  })
}

/** The watch. Its own service, since its account is the one that the firewall lets out to mail, Slack and PagerDuty. */
function declareNotify({ stack, deployment, image }: Target): CloudRunV2Service {
  return new CloudRunV2Service(stack, 'notify', {
    ...service('notify', deployment),
    ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY',
    customAudiences: [workerUrl(deployment)],
    template: {
      ...template('notify', deployment),
      timeout: `${REQUEST_SECONDS}s`,
      // A pass that is late does not keep the next one from beginning.
      maxInstanceRequestConcurrency: 4,
      scaling: { minInstanceCount: 0, maxInstanceCount: maxNotifiers(deployment) },
      containers: [
        serviceContainer('notify', { deployment, image, size: { cpu: '1', memory: '1Gi' } }),
        ...ledgerSidecar(deployment),
      ],
    },
  })
}

function service(component: Component, { google, infra }: Deployment) {
  return {
    name: nameOf(component),
    location: google.region,
    deletionProtection: infra.protect,
    invokerIamDisabled: false,
    traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }],
    // Releases change image and traffic; putting them back would be an unwanted rollback.
    lifecycle: {
      ignoreChanges: ['template[0].containers[0].image', 'template[0].revision', 'traffic', 'client', 'client_version'],
    },
  }
}

function template(component: Component, deployment: Deployment) {
  return {
    serviceAccount: accountEmail(component, deployment.google.project),
    executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
    vpcAccess: vpcAccess(component, deployment),
    volumes: volumes(deployment),
  }
}

/** The job for work of hours, started with arguments of its own: docs/runbooks/rebuilding-the-warehouse.md, infra/release/canary.sh. */
function declareJob(job: (typeof JOBS)[number], { stack, deployment, image }: Target): CloudRunV2Job {
  const { google, infra } = deployment
  return new CloudRunV2Job(stack, job, {
    name: nameOf(job),
    location: google.region,
    deletionProtection: infra.protect,
    lifecycle: { ignoreChanges: ['template[0].template[0].containers[0].image', 'client', 'client_version'] },
    template: {
      // One task: two would fight for the same partitions.
      parallelism: 1,
      taskCount: 1,
      template: {
        ...template(job, deployment),
        timeout: '86400s',
        // A backfill goes on where it was; a shadow that differs differs again.
        maxRetries: job === 'backfill' ? 3 : 0,
        containers: [jobContainer(job, { deployment, image, size: infra.worker }), ...ledgerSidecar(deployment)],
      },
    },
  })
}
