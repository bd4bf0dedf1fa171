import type { EnvironmentConfig } from '../../config/config.ts'
import type { Project } from '../../config/project.ts'
import { DaybreakError } from '../../errors.ts'
import { DATASETS } from '../../pipeline/build/task.ts'
import { type DestinationInUse, destinationsInUse } from '../destinations.ts'
import { type Google, googleOf } from '../google.ts'
import { lineageReach } from '../lineage-sending.ts'
import { type Checks, fail, type Outcome, pass, warn } from './finding.ts'

/** Checks of the systems of Google that an environment uses; none where everything is on this machine. */
export function cloudChecks(project: Project, now: () => number): Checks {
  const { environment } = project
  const google = () => googleOf(project)
  return {
    ...(environment.google && { credentials: () => examineAccount(google()) }),
    ...(environment.google && { 'clock of Google': () => examineClock(google(), now) }),
    ...(environment.http && { tokens: () => examineTokens(environment.http) }),
    ...bucketChecks(environment, google),
    ...datasetChecks(project),
    ...(environment.lineage?.http && {
      'receiver of lineage': () => examineReceiver(environment.lineage?.http?.url ?? '', environment),
    }),
    ...(environment.queue.kind === 'pubsub' && { topics: () => examineTopics(environment.queue, google()) }),
  }
}

async function examineAccount({ endpoints }: Google): Promise<Outcome> {
  if (endpoints?.storage) return pass('none are needed for servers of this machine')
  const { findAccount } = await import('../../adapters/google-auth/token.ts')
  const remedy = 'Run `gcloud auth application-default login`, or run as a service account.'
  return await findAccount().then(pass, () => fail('Google knows no account of this process', remedy))
}

/** Reports the setting and where its effect shows: this process cannot see how Cloud Run treats a token. */
async function examineTokens(http: EnvironmentConfig['http']): Promise<Outcome> {
  if (http?.signatures === 'platform')
    return warn(
      'tokens without a signature are accepted, because Cloud Run checks them',
      'See that no service of it may be called by allUsers; set `http.signatures: verify` if /ready answers "signed".',
    )
  return pass('signatures are checked here; /ready of a service says whether they arrive')
}

// Leases, readiness and tokens tolerate some seconds, and at most half a minute.
const NOTICEABLE = 2_000
const TOO_FAR = 30_000

async function examineClock({ endpoints }: Google, now: () => number): Promise<Outcome> {
  const address = endpoints?.storage ?? 'https://storage.googleapis.com'
  const before = now()
  const { headers } = await fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(10_000), redirect: 'manual' })
  const theirs = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(theirs)) return warn(`${address} did not say what time it is`, 'Compare the clock by hand.')
  // The header counts whole seconds, so half a second more is as likely as less.
  const skew = Math.abs((before + now()) / 2 - (theirs + 500))
  const text = `${(skew / 1000).toFixed(1)} s from the clock of ${new URL(address).hostname}`
  const remedy = 'Set the clock of this machine by NTP; leases and tokens depend on it.'
  if (skew > TOO_FAR) return fail(text, remedy)
  return skew > NOTICEABLE ? warn(text, remedy) : pass(text)
}

/** Any answer will do: an event of its own would stand in the graph of the receiver. */
async function examineReceiver(url: string, environment: EnvironmentConfig): Promise<Outcome> {
  const { probeReceiver } = await import('../../adapters/openlineage/probe.ts')
  const { host } = new URL(url)
  const remedy = 'Compare `lineage.http.url` with the receiver; loads and builds go on without it.'
  try {
    const status = await probeReceiver({ url, reach: lineageReach(environment) })
    return pass(`${host} answers (${status} to a request without an event)`)
  } catch (error) {
    if (error instanceof DaybreakError && error.code === 'CATALOG_REFUSED') return fail(error.message, remedy)
    return warn(`${host} does not answer`, remedy)
  }
}

const WRITER = ['storage.objects.create', 'storage.objects.get', 'storage.objects.list']
const READER = ['storage.objects.get', 'storage.objects.list']

function bucketChecks({ objects, sources }: EnvironmentConfig, google: () => Google): Checks {
  const own = objects.kind === 'gcs' ? [objects.rawBucket, objects.partsBucket, objects.controlBucket] : []
  const inboxes = Object.values(sources).flatMap((source) => (source.kind === 'gcs' ? [source.bucket] : []))
  return {
    ...Object.fromEntries(own.map((bucket) => [`bucket ${bucket}`, () => examineBucket(bucket, WRITER, google())])),
    ...Object.fromEntries(inboxes.map((bucket) => [`inbox ${bucket}`, () => examineBucket(bucket, READER, google())])),
  }
}

async function examineBucket(bucket: string, permissions: readonly string[], google: Google): Promise<Outcome> {
  const { lackingPermissions } = await import('../../adapters/gcs/probe.ts')
  const { project, endpoints } = google
  const settings = { project, endpoint: endpoints?.storage }
  const lacking = await lackingPermissions(settings, { bucket, permissions })
  if (lacking.length > 0)
    return fail(
      `lacks ${lacking.join(', ')} in gs://${bucket}`,
      'Grant it to this account; `infra/` grants it to the services.',
    )
  if (permissions === READER) return pass('get, list')
  const canDelete = await lackingPermissions(settings, { bucket, permissions: ['storage.objects.delete'] })
  if (canDelete.length === 0)
    return warn(`may delete in gs://${bucket}`, 'A service needs no right to delete; take it away from this account.')
  return pass('create, get, list, and not delete')
}

/** One check of the datasets of each destination in BigQuery; models are built in the default one. */
function datasetChecks(project: Project): Checks {
  const all = destinationsInUse(project).flatMap(({ config, ...rest }) =>
    config.kind === 'bigquery' ? [{ ...rest, location: config.location }] : [],
  )
  return Object.fromEntries(
    all.map((each) => [
      each.name === 'warehouse' ? 'datasets' : `datasets of ${each.name}`,
      () => examineDatasets(project, each),
    ]),
  )
}

async function examineDatasets(
  { environment }: Project,
  {
    name: destination,
    key,
    location: wanted,
    pipelines,
  }: Omit<DestinationInUse, 'config'> & { readonly location: string },
) {
  const { datasetLocation } = await import('../../adapters/bigquery/probe.ts')
  const { project, endpoints } = googleOf({ environment })
  const settings = { project, location: wanted, endpoint: endpoints?.bigquery }
  const names = destination === 'warehouse' ? [...pipelines, ...Object.values(DATASETS)] : pipelines
  for (const name of names) {
    const location = await datasetLocation(settings, name)
    if (location === null) return fail(`there is no dataset ${project}.${name}`, 'Make it with `infra/`.')
    if (location.toLowerCase() !== wanted.toLowerCase())
      return fail(
        `${project}.${name} is in ${location}, and \`${key}.location\` says ${wanted}`,
        'A dataset cannot move: correct the configuration, or make a new dataset.',
      )
  }
  return pass(`${names.join(', ')} in ${wanted}`)
}

async function examineTopics(queue: EnvironmentConfig['queue'], { project, endpoints }: Google): Promise<Outcome> {
  if (queue.kind !== 'pubsub') return pass('none')
  const { topicStates } = await import('../../adapters/pubsub/probe.ts')
  const live = Object.values(queue.topics)
  const dead = live.map((topic) => `${topic}-dead-letter`)
  const states = await topicStates({ project, endpoint: endpoints?.pubsub }, [...live, ...dead])
  const missing = [...states].filter(([, { exists }]) => !exists).map(([topic]) => topic)
  if (missing.length > 0) return fail(`there is no topic ${missing.join(', ')}`, 'Make it with `infra/`.')
  const unheard = [...states].filter(([, { subscriptions }]) => subscriptions.length === 0).map(([topic]) => topic)
  if (unheard.length > 0)
    return fail(
      `${unheard.join(', ')}: no subscription, so messages sent there are lost`,
      'Make the subscription with `infra/`.',
    )
  const endless = live.filter((topic) =>
    states.get(topic)?.subscriptions.some(({ deadLetterTopic }) => deadLetterTopic !== `${topic}-dead-letter`),
  )
  if (endless.length > 0)
    return fail(
      `${endless.join(', ')}: a subscription never gives up on a message`,
      'Give it its dead letter policy with `infra/`.',
    )
  return pass(`${live.length} topics, each with its dead letters`)
}
