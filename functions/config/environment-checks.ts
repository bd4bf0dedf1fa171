import type { Issue } from '../contract/issue.ts'
import { yamlKey } from '../lib/yaml-object.ts'
import type { EnvironmentConfig } from './config.ts'
import type { DestinationConfig, SourceConfig } from './connections.ts'
import { toMilliseconds } from './duration.ts'

/** Everything in one environment that contradicts something else in it. */
export function environmentIssues(
  environment: EnvironmentConfig,
  destinations: Readonly<Record<string, DestinationConfig>> = {},
): readonly Issue[] {
  return [
    ...googleIssues(environment, destinations),
    ...ledgerIssues(environment),
    ...bucketIssues(environment),
    ...secretIssues(environment),
    ...httpIssues(environment),
    ...topicIssues(environment),
    ...authIssues(environment),
  ]
}

function googleIssues(
  { google, objects, warehouse, queue, secrets, sources }: EnvironmentConfig,
  destinations: Readonly<Record<string, DestinationConfig>>,
): readonly Issue[] {
  if (google) return []
  const needs = (path: Issue['path'], kind: string, google: string): readonly Issue[] =>
    kind === google ? [{ path, message: `"${kind}" needs \`google\` with project and region` }] : []
  return [
    ...needs(['objects', 'kind'], objects.kind, 'gcs'),
    ...needs(['warehouse', 'kind'], warehouse.kind, 'bigquery'),
    ...needs(['queue', 'kind'], queue.kind, 'pubsub'),
    ...needs(['secrets', 'kind'], secrets.kind, 'secret-manager'),
    ...Object.entries(sources).flatMap(([name, source]) => needs(['sources', name, 'kind'], source.kind, 'gcs')),
    ...Object.entries(destinations).flatMap(([name, each]) =>
      needs(['destinations', name, 'kind'], each.kind, 'bigquery'),
    ),
  ]
}

function ledgerIssues({ ledger }: EnvironmentConfig): readonly Issue[] {
  if (ledger.kind !== 'postgres') return []
  const { auth, password, host, tls } = ledger
  if (auth === 'password' && password === undefined)
    return [{ path: ['ledger', 'auth'], message: '"password" needs `password: secret://NAME` too' }]
  if (auth !== 'password' && password !== undefined)
    return [
      {
        path: ['ledger', 'password'],
        message: `is not sent with \`auth: ${auth}\`; remove it, or use \`auth: password\``,
      },
    ]
  // A token or a password that crosses a network must not be read on the way.
  if (auth !== 'none' && tls === 'off' && !host.startsWith('/') && !isThisMachine(host))
    return [{ path: ['ledger', 'tls'], message: `"off" would send the login in clear to ${host}; expected \`verify\`` }]
  return []
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** Buckets differ in who may write and how long things stay, so one may not serve as two. */
function bucketIssues({ objects, sources }: EnvironmentConfig): readonly Issue[] {
  const own =
    objects.kind === 'gcs'
      ? (['rawBucket', 'partsBucket', 'controlBucket'] as const).map((key) => ({
          path: ['objects', yamlKey(key)],
          bucket: objects[key],
        }))
      : []
  const inboxes = Object.entries(sources).flatMap(([name, source]) =>
    source.kind === 'gcs' ? [{ path: ['sources', name, 'bucket'], bucket: source.bucket }] : [],
  )
  const repeated = own.filter(({ bucket }, at) => own.findIndex((each) => each.bucket === bucket) !== at)
  const shared = inboxes.filter(({ bucket }) => own.some((each) => each.bucket === bucket))
  return [...repeated, ...shared].map(({ path, bucket }) => ({
    path,
    message: `"${bucket}" has another purpose already; expected a bucket of its own`,
  }))
}

/** Where secrets are in Secret Manager, a path on the disk would be a secret in the image. */
function secretIssues({ secrets, privacy, ledger, sources, auth }: EnvironmentConfig): readonly Issue[] {
  if (secrets.kind !== 'secret-manager') return []
  const named: readonly (readonly [Issue['path'], string | undefined])[] = [
    [['privacy', 'hash_key'], privacy.hashKey],
    [['auth', 'token_key'], tokenKeyOf(auth)],
    [['auth', 'sign_in', 'client_secret'], signInOf(auth)?.clientSecret],
    [['auth', 'sign_in', 'session_key'], signInOf(auth)?.sessionKey],
    [['ledger', 'password'], ledger.kind === 'postgres' ? ledger.password : undefined],
    ...Object.entries(sources).flatMap(([name, source]) => secretsOf(name, source)),
  ]
  return named
    .filter(([, reference]) => reference !== undefined && !reference.startsWith('secret://'))
    .map(([path]) => ({
      path,
      message: 'is a path of this disk; expected `secret://NAME`, since secrets are in Secret Manager',
    }))
}

function secretsOf(name: string, source: SourceConfig): readonly (readonly [Issue['path'], string | undefined])[] {
  if (source.kind !== 'sftp') return []
  return [
    [['sources', name, 'private_key'], source.privateKey],
    [['sources', name, 'passphrase'], source.passphrase],
    [['sources', name, 'password'], source.password],
  ]
}

// The longest acknowledgement deadline of Pub/Sub, and so the longest push.
const LONGEST_PUSH = 600_000
// Cloud Run kills a process so long after SIGTERM.
const LONGEST_DRAIN = 10_000

function httpIssues({ http, queue }: EnvironmentConfig): readonly Issue[] {
  if (!http) {
    const message = '"pubsub" needs `http`: who may push, and for which audience'
    return queue.kind === 'pubsub' ? [{ path: ['queue', 'kind'], message }] : []
  }
  const budget = toMilliseconds(http.timeBudget)
  const gather = toMilliseconds(http.gather)
  const drain = toMilliseconds(http.drain)
  const both = http.callerAccounts.findIndex((account) => http.pushAccounts.includes(account))
  return [
    ...(budget === 0 || budget >= LONGEST_PUSH
      ? [
          {
            path: ['http', 'time_budget'],
            message: `"${http.timeBudget}" must be less than the 600s of a push, and not 0`,
          },
        ]
      : []),
    ...(gather >= budget
      ? [
          {
            path: ['http', 'gather'],
            message: `"${http.gather}" must be less than the time budget ${http.timeBudget}`,
          },
        ]
      : []),
    ...(drain >= LONGEST_DRAIN
      ? [{ path: ['http', 'drain'], message: `"${http.drain}" must be less than the 10s that Cloud Run waits` }]
      : []),
    ...(both >= 0
      ? [
          {
            path: ['http', 'caller_accounts', both],
            message: `"${http.callerAccounts[both]}" pushes messages; the account that steers backfills must be another one`,
          },
        ]
      : []),
  ]
}

function topicIssues({ queue }: EnvironmentConfig): readonly Issue[] {
  if (queue.kind !== 'pubsub') return []
  const topics = Object.entries(queue.topics)
  return topics
    .filter(([, topic], at) => topics.findIndex(([, each]) => each === topic) !== at)
    .map(([kind, topic]) => ({ path: ['queue', 'topics', kind], message: `"${topic}" is another topic already` }))
}

function tokenKeyOf(auth: EnvironmentConfig['auth']): string | undefined {
  return auth === undefined || auth.kind === 'loopback' ? undefined : auth.tokenKey
}

function signInOf(auth: EnvironmentConfig['auth']) {
  return auth?.kind === 'oidc' ? auth.signIn : undefined
}

/** The person at this machine cannot reach a service by a link of this machine, and assertions of Google come from Google alone. */
function authIssues({ auth, queue, google }: EnvironmentConfig): readonly Issue[] {
  if (auth?.kind === 'loopback' && queue.kind === 'pubsub')
    return [
      {
        path: ['auth', 'kind'],
        message: '"loopback" is for one machine, and `queue` is a service; expected `iap` or `oidc`',
      },
    ]
  if (auth?.kind === 'iap' && !google)
    return [{ path: ['auth', 'kind'], message: '"iap" needs `google` with project and region' }]
  return []
}
