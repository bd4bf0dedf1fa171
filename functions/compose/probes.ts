import type { EnvironmentConfig } from '../config/config.ts'
import type { Project } from '../config/project.ts'
import { type DestinationInUse, destinationsInUse } from './destinations.ts'
import { type Google, googleOf } from './google.ts'

/** What one look at a system found. */
interface Probe {
  readonly state: 'pass' | 'warn' | 'fail'
  readonly message: string
  /** What to do; empty when it passed. */
  readonly remedy: string
}

/** Probes by the name of their system. */
type Probes = Readonly<Record<string, () => Promise<Probe>>>

const pass = (message: string): Probe => ({ state: 'pass', message, remedy: '' })
const warn = (message: string, remedy: string): Probe => ({ state: 'warn', message, remedy })
const fail = (message: string, remedy: string): Probe => ({ state: 'fail', message, remedy })

/** Looks at the systems of Google that an environment stands on, by name; none where it stands on this machine. */
export function cloudProbes(project: Project, now: () => number): Probes {
  const { environment } = project
  const google = () => googleOf(project)
  return {
    ...(environment.google && { credentials: () => probeAccount(google()) }),
    ...(environment.google && { 'clock of Google': () => probeClock(google(), now) }),
    ...(environment.http && { tokens: () => probeTokens(environment.http) }),
    ...bucketProbes(environment, google),
    ...datasetProbes(project),
    ...(environment.queue.kind === 'pubsub' && { topics: () => probeTopics(environment.queue, google()) }),
  }
}

async function probeAccount({ endpoints }: Google): Promise<Probe> {
  if (endpoints?.storage) return pass('none are needed for servers of this machine')
  const { findAccount } = await import('../adapters/google-auth/token.ts')
  const remedy = 'Run `gcloud auth application-default login`, or run as a service account.'
  return await findAccount().then(pass, () => fail('Google knows no account of this process', remedy))
}

/** Cannot see what Cloud Run does to a token; says what is set, and where that can be seen. */
async function probeTokens(http: EnvironmentConfig['http']): Promise<Probe> {
  if (http?.signatures === 'platform')
    return warn(
      'tokens without a signature are accepted, because Cloud Run checks them',
      'See that no service of it may be called by allUsers; set `http.signatures: verify` if /ready answers "signed".',
    )
  return pass('signatures are checked here; /ready of a service says whether they arrive')
}

// Leases, readiness and tokens bear some seconds, and no more than half a minute.
const NOTICEABLE = 2_000
const TOO_FAR = 30_000

async function probeClock({ endpoints }: Google, now: () => number): Promise<Probe> {
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

const WRITER = ['storage.objects.create', 'storage.objects.get', 'storage.objects.list']
const READER = ['storage.objects.get', 'storage.objects.list']

function bucketProbes({ objects, sources }: EnvironmentConfig, google: () => Google): Probes {
  const own = objects.kind === 'gcs' ? [objects.raw_bucket, objects.parts_bucket, objects.control_bucket] : []
  const inboxes = Object.values(sources).flatMap((source) => (source.kind === 'gcs' ? [source.bucket] : []))
  return {
    ...Object.fromEntries(own.map((bucket) => [`bucket ${bucket}`, () => probeBucket(bucket, WRITER, google())])),
    ...Object.fromEntries(inboxes.map((bucket) => [`inbox ${bucket}`, () => probeBucket(bucket, READER, google())])),
  }
}

async function probeBucket(bucket: string, permissions: readonly string[], google: Google): Promise<Probe> {
  const { lackingPermissions } = await import('../adapters/gcs/probe.ts')
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

/** One look at the datasets of each destination in BigQuery. */
function datasetProbes(project: Project): Probes {
  const all = destinationsInUse(project).flatMap(({ config, ...rest }) =>
    config.kind === 'bigquery' ? [{ ...rest, location: config.location }] : [],
  )
  return Object.fromEntries(
    all.map((each) => [
      each.name === 'warehouse' ? 'datasets' : `datasets of ${each.name}`,
      () => probeDatasets(project, each),
    ]),
  )
}

async function probeDatasets(
  { environment }: Project,
  { key, location: wanted, pipelines }: Omit<DestinationInUse, 'config'> & { readonly location: string },
) {
  const { datasetLocation } = await import('../adapters/bigquery/probe.ts')
  const { project, endpoints } = googleOf({ environment })
  const settings = { project, location: wanted, endpoint: endpoints?.bigquery }
  for (const name of pipelines) {
    const location = await datasetLocation(settings, name)
    if (location === null) return fail(`there is no dataset ${project}.${name}`, 'Make it with `infra/`.')
    if (location.toLowerCase() !== wanted.toLowerCase())
      return fail(
        `${project}.${name} is in ${location}, and \`${key}.location\` says ${wanted}`,
        'A dataset cannot move: correct the configuration, or make the dataset anew.',
      )
  }
  return pass(`${pipelines.join(', ')} in ${wanted}`)
}

async function probeTopics(queue: EnvironmentConfig['queue'], { project, endpoints }: Google): Promise<Probe> {
  if (queue.kind !== 'pubsub') return pass('none')
  const { topicStates } = await import('../adapters/pubsub/probe.ts')
  const live = Object.values(queue.topics)
  const dead = live.map((topic) => `${topic}-dead-letter`)
  const states = await topicStates({ project, endpoint: endpoints?.pubsub }, [...live, ...dead])
  const missing = [...states].filter(([, { exists }]) => !exists).map(([topic]) => topic)
  if (missing.length > 0) return fail(`there is no topic ${missing.join(', ')}`, 'Make it with `infra/`.')
  const unheard = [...states].filter(([, { subscriptions }]) => subscriptions.length === 0).map(([topic]) => topic)
  if (unheard.length > 0)
    return fail(
      `nobody subscribes to ${unheard.join(', ')}: what is sent there is lost`,
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
