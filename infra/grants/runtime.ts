import { type Deployment, ledgerInstance } from '../deployment.ts'
import {
  type Component,
  LEDGER_USERS,
  logView,
  MODEL_DATASETS,
  nameOf,
  OPERATIONS_DATASET,
  recentDataset,
  viewDatasets,
} from '../names.ts'
import { type Grant, granting } from './grant.ts'
import { topicsOf } from './senders.ts'

/** Permissions of the services and the job. */
export function runtimeGrants(deployment: Deployment): readonly Grant[] {
  return [
    ...objectGrants(deployment),
    ...warehouseGrants(deployment),
    ...messageGrants(deployment),
    ...secretGrants(deployment),
    ...ledgerGrants(deployment),
    ...callGrants(deployment),
    ...lineageGrants(deployment),
    ...logGrants(deployment),
  ]
}

function objectGrants(deployment: Deployment): readonly Grant[] {
  const { objects, infra } = deployment
  const { component, custom } = granting(deployment)
  const writer = custom('daybreakWriter')
  const write = (who: Component, name: string, why: string) => component(who, writer, { kind: 'bucket', name }, why)
  const read = (who: Component, name: string, why: string) =>
    component(who, 'roles/storage.objectViewer', { kind: 'bucket', name }, why)
  return [
    write('worker', objects.rawBucket, 'lands raw objects, and compares on a retry; cannot delete or overwrite'),
    write('worker', objects.partsBucket, 'stages parts; load jobs read them as the worker'),
    write('worker', objects.controlBucket, 'writes manifests'),
    read('worker', infra.inboxBucket, 'reads files that others put there'),
    read('backfill', objects.rawBucket, 'transforms again what was landed'),
    write('backfill', objects.partsBucket, 'stages parts'),
    write('backfill', objects.controlBucket, 'writes manifests'),
    read('shadow', objects.rawBucket, 'transforms again what was landed, into nothing'),
    read('api', objects.partsBucket, 'shows rejects'),
    read('api', objects.controlBucket, 'shows manifests'),
  ]
}

function warehouseGrants(deployment: Deployment): readonly Grant[] {
  const { component, custom } = granting(deployment)
  const jobs = 'roles/bigquery.jobUser'
  const runners = (['worker', 'backfill', 'api'] as const).map((who) =>
    component(who, jobs, { kind: 'project' }, 'jobs belong to a project; what they touch is granted by dataset'),
  )
  const datasets = [...deployment.project.pipelines.keys()].flatMap((name) => [
    component('worker', custom('daybreakLoader'), { kind: 'dataset', name }, 'replaces partitions, counts their rows'),
    component(
      'backfill',
      custom('daybreakLoader'),
      { kind: 'dataset', name },
      'replaces partitions, counts their rows',
    ),
    component('api', custom('daybreakReader'), { kind: 'dataset', name }, 'answers questions about loaded rows'),
  ])
  return [...runners, ...datasets, ...modelGrants(deployment), ...readerGrants(deployment)]
}

/** Builds are work of the worker: it reads streams by its rights of loads. The API shows what is published. */
function modelGrants(deployment: Deployment): readonly Grant[] {
  const { component, custom } = granting(deployment)
  const { data, staging } = MODEL_DATASETS
  const views = viewDatasets(deployment.project.modelEnvironments)
  const on = (name: string) => ({ kind: 'dataset', name }) as const
  const tag = { kind: 'tag', name: 'private' } as const
  return [
    component('worker', custom('daybreakLoader'), on(staging), 'writes the rows of a build, and checks them'),
    component('worker', custom('daybreakBuilder'), on(data), 'publishes partitions, deletes expired versions'),
    ...views.map((name) =>
      component('worker', custom('daybreakBuilder'), on(name), 'lets views show the tables of a version'),
    ),
    // A query that names a hashed or masked column fails without it, also where it only counts or joins by it.
    component('worker', PRIVATE_READER, tag, 'builds models that count or join by hashed columns'),
    ...[...views, data].map((name) =>
      component('api', custom('daybreakReader'), on(name), 'answers questions about models'),
    ),
  ]
}

// Reads columns with a policy tag.
const PRIVATE_READER = 'roles/datacatalog.categoryFineGrainedReader'

function readerGrants(deployment: Deployment): readonly Grant[] {
  const { infra, project } = deployment
  const { custom } = granting(deployment)
  const all = [...new Set([...infra.readers, ...infra.privateReaders])]
  const datasets = [
    ...[...project.pipelines.keys()].flatMap((pipeline) => [pipeline, recentDataset(pipeline)]),
    // Views read with the rights of who asks. What is held is there to be looked at.
    ...viewDatasets(project.modelEnvironments),
    MODEL_DATASETS.data,
    MODEL_DATASETS.staging,
  ]
  return [
    ...all.map((member) => ({
      ...{ member, role: 'roles/bigquery.jobUser', on: { kind: 'project' } as const },
      why: 'runs queries',
    })),
    ...all.flatMap((member) =>
      datasets.map((name) => ({
        ...{ member, role: custom('daybreakReader'), on: { kind: 'dataset', name } as const },
        why: 'reads tables and views',
      })),
    ),
    ...all.map((member) => ({
      ...{ member, role: custom('daybreakReader'), on: { kind: 'operations', name: OPERATIONS_DATASET } as const },
      why: 'reads what runs did, behind the view `operations`',
    })),
    ...infra.privateReaders.map((member) => ({
      ...{ member, role: PRIVATE_READER, on: { kind: 'tag', name: 'private' } as const },
      why: 'reads hashed and masked columns too',
    })),
  ]
}

/** Run events are sent by the worker, which handles the topic `lineage`. */
function lineageGrants(deployment: Deployment): readonly Grant[] {
  if (!deployment.project.environment.lineage?.google) return []
  const { component } = granting(deployment)
  const why = 'tells the Data Lineage API of loads and builds'
  return [component('worker', 'roles/datalineage.producer', { kind: 'project' }, why)]
}

function messageGrants(deployment: Deployment): readonly Grant[] {
  const { component } = granting(deployment)
  const publisher = 'roles/pubsub.publisher'
  return (['worker', 'api', 'backfill'] as const).flatMap((who) =>
    topicsOf(who, deployment).map(({ name, why }) => component(who, publisher, { kind: 'topic', name }, why)),
  )
}

/** Lines of our own services and jobs, and no other log: the bucket of ours has a view, and the condition names it. */
function logGrants(deployment: Deployment): readonly Grant[] {
  const { component } = granting(deployment)
  const on = { kind: 'project' } as const
  const grant = component('api', 'roles/logging.viewAccessor', on, 'shows what a run said')
  const condition = { title: 'our lines only', expression: `resource.name == '${logView(deployment)}'` }
  return [{ ...grant, condition }]
}

/** The readers of each secret. Jobs work from the archive, so the worker alone has the SFTP key; the watch alone has those of channels, the API that of its tokens. */
function secretGrants(deployment: Deployment): readonly Grant[] {
  const { component } = granting(deployment)
  const accessor = 'roles/secretmanager.secretAccessor'
  const file = `config/environments/${deployment.environment}.yaml`
  const readersOf = (name: string): readonly Component[] => {
    if (isOf(deployment.ledger, name)) return LEDGER_USERS
    if (isOf(deployment.sources, name)) return ['worker']
    if (isOf({ auth: deployment.auth }, name)) return ['api']
    return isOf(deployment.project.environment, name) ? ['worker', 'backfill', 'shadow'] : []
  }
  return deployment.secrets.flatMap((name) => {
    const on = { kind: 'secret', name } as const
    const readers = readersOf(name)
    const told = deployment.project.notify && isOf(deployment.project.notify, name) && !readers.includes('notify')
    return [
      ...readers.map((who) => component(who, accessor, on, `is told of it by ${file}`)),
      ...(told ? [component('notify', accessor, on, 'sends through the channel that config/notify.yaml names')] : []),
    ]
  })
}

function isOf(section: object, secret: string): boolean {
  return new RegExp(`"secret://${secret}(@[^"]*)?"`).test(JSON.stringify(section))
}

function ledgerGrants(deployment: Deployment): readonly Grant[] {
  const instance = ledgerInstance(deployment)
  if (instance === null) return []
  const { component } = granting(deployment)
  const condition = {
    title: 'ledger only',
    expression: `resource.type == 'sqladmin.googleapis.com/Instance' && resource.name == 'projects/${deployment.google.project}/instances/${instance}'`,
  }
  return LEDGER_USERS.flatMap((who) =>
    ['roles/cloudsql.client', 'roles/cloudsql.instanceUser'].map((role) => ({
      ...component(who, role, { kind: 'project' }, 'reads and writes the ledger, logged in as itself'),
      condition,
    })),
  )
}

function callGrants(deployment: Deployment): readonly Grant[] {
  const { component, custom } = granting(deployment)
  const invoke = 'roles/run.invoker'
  return [
    component('push', invoke, { kind: 'service', name: nameOf('worker') }, 'delivers messages'),
    component('push', invoke, { kind: 'service', name: nameOf('notify') }, 'delivers the minutes of the watch'),
    component('api', custom('daybreakRunner'), { kind: 'job', name: nameOf('backfill') }, 'starts long backfills'),
    component('operator', invoke, { kind: 'service', name: nameOf('api') }, 'calls the API for a person'),
    ...deployment.infra.callers.map((member) => ({
      ...{ member, role: 'roles/iam.serviceAccountOpenIdTokenCreator' },
      ...{
        on: { kind: 'account', name: 'operator' } as const,
        why: 'acts as it to call the API; every call is audited',
      },
    })),
  ]
}
