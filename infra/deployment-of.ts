import type { Project } from '../functions/config/project.ts'
import { DaybreakError } from '../functions/errors.ts'
import { connectionPlan } from './connections.ts'
import type { Deployment } from './deployment.ts'
import { ledgerInstance } from './deployment.ts'
import { accountEmail, iapAudience, workerUrl } from './names.ts'

/** The parts of a project that `infra/` builds. @throws {DaybreakError} CONFIG_INVALID naming all that cannot be built. */
export function deploymentOf(project: Project): Deployment {
  const { environment, google, infra, objects, warehouse, ledger, queue, http, sources, engine, auth } =
    project.environment
  if (!google) throw cannot(environment, ['`google` is absent'])
  if (!infra) throw cannot(environment, ['`infra` is absent'])
  if (!http) throw cannot(environment, ['`http` is absent'])
  if (objects.kind !== 'gcs') throw cannot(environment, ['`objects` must be of the kind gcs'])
  if (warehouse.kind !== 'bigquery') throw cannot(environment, ['`warehouse` must be of the kind bigquery'])
  const other = [...project.pipelines.values()].filter(({ destination }) => destination !== undefined)
  if (other.length > 0)
    throw cannot(
      environment,
      other.map(
        ({ pipeline, destination }) =>
          `pipeline ${pipeline} has the destination ${destination}; expected the warehouse of the environment`,
      ),
    )
  if (ledger.kind !== 'postgres') throw cannot(environment, ['`ledger` must be of the kind postgres'])
  if (queue.kind !== 'pubsub') throw cannot(environment, ['`queue` must be of the kind pubsub'])
  if (auth !== undefined && auth.kind !== 'iap')
    throw cannot(environment, [
      `auth.kind is ${auth.kind}; expected iap, since the network lets the API reach no other provider`,
    ])
  const deployment: Deployment = {
    ...{ environment, project, google, infra, sources, objects, warehouse, ledger, http, engine, auth },
    topics: queue.topics,
    secrets: secretNames(project),
  }
  const problems = disagreements(deployment)
  if (problems.length > 0) throw cannot(environment, problems)
  return deployment
}

/** Where two places of the environment file would have to say the same and do not. */
function disagreements(deployment: Deployment): readonly string[] {
  const { http, google, infra, ledger, warehouse, objects, auth } = deployment
  const push = accountEmail('push', google.project)
  const operator = accountEmail('operator', google.project)
  const buckets = [objects.rawBucket, objects.partsBucket, objects.controlBucket, infra.inboxBucket, infra.logsBucket]
  return [
    ...(http.pushAccounts.includes(push) ? [] : [`http.push_accounts lacks ${push}, who pushes`]),
    ...(infra.callers.length === 0 || http.callerAccounts.includes(operator)
      ? []
      : [`http.caller_accounts lacks ${operator}, whom infra.callers act as`]),
    ...(http.audience === workerUrl(deployment)
      ? []
      : [`http.audience is ${http.audience}; the worker's address will be ${workerUrl(deployment)}`]),
    ...(auth === undefined || auth.audience === iapAudience(deployment)
      ? []
      : [`auth.audience is ${auth.audience}; the assertions of the API will be made for ${iapAudience(deployment)}`]),
    ...(infra.people.length === 0 || auth !== undefined
      ? []
      : ['infra.people names who may pass IAP, and `auth` is absent, so the API would answer none of them']),
    ...(ledger.host.startsWith('/cloudsql/') && ledgerInstance(deployment) === null
      ? [`ledger.host is ${ledger.host}; expected /cloudsql/${google.project}:${google.region}:INSTANCE`]
      : []),
    ...connectionProblems(deployment),
    ...(new Set(buckets).size === buckets.length ? [] : [`two buckets have one name: ${buckets.join(', ')}`]),
    ...(warehouse.location.toLowerCase() === google.region || /^[A-Z]{2}$/i.test(warehouse.location)
      ? []
      : [`warehouse.location ${warehouse.location} is neither ${google.region} nor a multi-region`]),
  ]
}

function connectionProblems(deployment: Deployment): readonly string[] {
  const plan = connectionPlan(deployment)
  if (plan === null || plan.workers >= 1) return []
  const { ledger, infra } = deployment
  return [
    `ledger.connections is ${ledger.connections}, and ${infra.ledger.tier} allows ${plan.limit}: too few for one worker during a release; lower it, or raise infra.ledger.tier`,
  ]
}

/** Every `secret://NAME[@VERSION]` anywhere in the environment and in config/notify.yaml, by name. */
function secretNames({ environment, notify }: Project): readonly string[] {
  const found = [...JSON.stringify([environment, notify]).matchAll(/"secret:\/\/([A-Za-z0-9_-]+)/g)].map(
    ([, name = '']) => name,
  )
  return [...new Set(found)].toSorted()
}

function cannot(environment: string, problems: readonly string[]): DaybreakError {
  return new DaybreakError('CONFIG_INVALID', `the environment ${environment} cannot be built: ${problems.join('; ')}`)
}
