import type { Deployment } from '../deployment.ts'
import { grantsOf } from '../grants/all.ts'
import type { Grant } from '../grants/grant.ts'
import { accountEmail } from '../names.ts'
import { remembered } from './remembered.ts'
import { addressOf, type Json, type PolicyProblem, type Resource, textAt, textsIn, valueAt } from './resource.ts'

/** Where a resource that grants something says what it is granted on. */
const PLACES: Readonly<Record<string, { readonly kinds: readonly string[]; readonly path: string }>> = {
  google_project_iam_member: { kinds: ['project'], path: 'project' },
  google_storage_bucket_iam_member: { kinds: ['bucket'], path: 'bucket' },
  google_bigquery_dataset_iam_member: { kinds: ['dataset', 'operations'], path: 'dataset_id' },
  google_pubsub_topic_iam_member: { kinds: ['topic', 'reminder'], path: 'topic' },
  google_pubsub_subscription_iam_member: { kinds: ['subscription', 'reminders'], path: 'subscription' },
  google_secret_manager_secret_iam_member: { kinds: ['secret'], path: 'secret_id' },
  google_cloud_run_v2_service_iam_member: { kinds: ['service'], path: 'name' },
  google_iap_web_cloud_run_service_iam_member: { kinds: ['iap'], path: 'cloud_run_service_name' },
  google_cloud_run_v2_job_iam_member: { kinds: ['job'], path: 'name' },
  google_artifact_registry_repository_iam_member: { kinds: ['repository'], path: 'repository' },
  google_kms_crypto_key_iam_member: { kinds: ['key'], path: 'crypto_key_id' },
  google_service_account_iam_member: { kinds: ['account'], path: 'service_account_id' },
  google_data_catalog_policy_tag_iam_member: { kinds: ['tag'], path: 'policy_tag' },
}

/** Roles that no account has here: they carry more permissions than needed, and their permissions change. */
const PRIMITIVE = /^roles\/(owner|editor|viewer|browser)$/
/** Roles that end in admin are only for the account that changes infrastructure. */
const ADMINISTRATIVE = /(admin|Admin|dataOwner)$/
const PUBLIC: readonly string[] = ['allUsers', 'allAuthenticatedUsers']

/** Permissions that are in the stacks and not in the list of grants, or the other way round; and any that are too much. */
export function bindingProblems(resources: readonly Resource[], deployment: Deployment): readonly PolicyProblem[] {
  const members = resources.filter(({ type }) => type.endsWith('_iam_member'))
  const found = new Map(members.map((resource) => [keyOf(resource), resource]))
  const wanted = wantedOf(deployment)
  const targets = targetsOf(resources)
  const apply = `serviceAccount:${accountEmail('apply', deployment.google.project)}`
  return [
    ...[...found]
      .filter(([key]) => !wanted.has(key))
      .map(([key, resource]) => problem(resource, `grants what infra/grants does not list: ${key}`)),
    ...[...wanted]
      .filter((key) => !found.has(key))
      .map((key) => ({ where: 'bindings', message: `no resource declares ${key}` })),
    ...resources
      .filter(({ type }) => /_iam_(policy|binding)$/.test(type))
      .map((resource) => problem(resource, 'takes away what others granted; use a member')),
    ...resources.filter(isPublic).map((resource) => problem(resource, 'is open to everybody')),
    ...members
      .filter((resource) => PRIMITIVE.test(textAt(resource, 'role')))
      .map((resource) => problem(resource, 'is a primitive role')),
    ...members
      .filter((resource) => ADMINISTRATIVE.test(textAt(resource, 'role')) && textAt(resource, 'member') !== apply)
      .map((resource) => problem(resource, 'administers; only apply may')),
    ...members.flatMap((resource) => placeProblems(resource, deployment)),
    ...members.flatMap((resource) => orderProblems(resource, targets)),
  ]
}

const wantedOf = remembered(
  (deployment: Deployment) => new Set(grantsOf(deployment).map((grant) => grantKey(grant, deployment))),
)
const isPublic = remembered(({ attributes }: Resource) => textsIn(attributes).some((text) => PUBLIC.includes(text)))

/** Terraform makes things at the same time: a grant must say what it is made on, where that is in the same stack. */
function orderProblems(resource: Resource, targets: ReadonlyMap<string, string>): readonly PolicyProblem[] {
  const target = targets.get(targetKey(resource))
  const waits = resource.attributes['depends_on']
  if (!target || (Array.isArray(waits) && waits.length === 1 && waits[0] === target)) return []
  return [problem(resource, `must wait for ${target}`)]
}

const OWN_NAME = ['name', 'secret_id', 'dataset_id', 'account_id', 'repository_id', 'link_id'] as const

/** Addresses of what grants are made on, by stack, type of the grant and name. */
function targetsOf(resources: readonly Resource[]): ReadonlyMap<string, string> {
  const declared = resources.filter(({ type }) => !type.endsWith('_iam_member'))
  return new Map(
    declared.flatMap((resource) => keysOfTarget(resource).map((key) => [key, `${resource.type}.${resource.id}`])),
  )
}

/** Types by which grants name a resource, where these are not its own. */
const GRANTED_AS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  google_logging_linked_dataset: ['google_bigquery_dataset'],
  google_cloud_run_v2_service: ['google_cloud_run_v2_service', 'google_iap_web_cloud_run_service'],
}

const keysOfTarget = remembered((resource: Resource): readonly string[] => {
  const [type, ...more] = GRANTED_AS[resource.type] ?? [resource.type]
  const names = [...OWN_NAME.map((path) => textAt(resource, path)), `\${${type}.${resource.id}.name}`].filter(Boolean)
  return [type, ...more].flatMap((each) => names.map((name) => `${resource.stack}/${each}_iam_member/${name}`))
})

const targetKey = remembered((grant: Resource) => {
  const on = textAt(grant, PLACES[grant.type]?.path ?? '')
  const name = on.replace(/^projects\/.*\/(serviceAccounts|cryptoKeys)\//, '').replace(/@.*$/, '')
  return `${grant.stack}/${grant.type}/${name}`
})

function placeProblems(resource: Resource, { google }: Deployment): readonly PolicyProblem[] {
  const located = [
    'google_cloud_run_v2_service_iam_member',
    'google_iap_web_cloud_run_service_iam_member',
    'google_cloud_run_v2_job_iam_member',
    'google_artifact_registry_repository_iam_member',
  ]
  if (!located.includes(resource.type)) return []
  const right = textAt(resource, 'project') === google.project && textAt(resource, 'location') === google.region
  return right ? [] : [problem(resource, `must be in ${google.project}, ${google.region}`)]
}

const keyOf = remembered((resource: Resource): string => {
  const place = PLACES[resource.type]
  const on = place ? `${place.kinds[0]} ${textAt(resource, place.path)}` : resource.type
  return bindingKey({
    ...{ member: textAt(resource, 'member'), role: textAt(resource, 'role'), on },
    condition: valueAt(resource.attributes, 'condition'),
  })
})

function grantKey({ member, role, on, condition }: Grant, { google }: Deployment): string {
  const place = Object.values(PLACES).find(({ kinds }) => kinds.includes(on.kind))
  return bindingKey({
    member,
    role,
    on: `${place?.kinds[0]} ${targetOf(on, google.project)}`,
    condition: condition && { ...condition },
  })
}

function targetOf(on: Grant['on'], project: string): string {
  if (on.kind === 'project') return project
  if (on.kind === 'account') return `projects/${project}/serviceAccounts/${accountEmail(on.name, project)}`
  if (on.kind === 'tag') return `\${google_data_catalog_policy_tag.privacy-${on.name}.name}`
  return on.name
}

function bindingKey(binding: { member: string; role: string; on: string; condition: Json | undefined }): string {
  const { member, role, on, condition } = binding
  const when =
    condition === undefined
      ? ''
      : ` when ${JSON.stringify([valueAt(condition, 'title'), valueAt(condition, 'expression')])}`
  return `${member} ${role} on ${on}${when}`
}

function problem(resource: Resource, message: string): PolicyProblem {
  return { where: addressOf(resource), message }
}
