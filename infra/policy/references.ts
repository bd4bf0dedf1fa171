import type { Deployment } from '../deployment.ts'
import { remembered } from './remembered.ts'
import { addressOf, type PolicyProblem, type Resource, textAt, textsIn } from './resource.ts'

/** How resources are named by others: a pattern with the name in its group, and the type and attribute that must have it. */
const NAMED: readonly { readonly pattern: RegExp; readonly type: string; readonly path: string }[] = [
  { pattern: /projects\/[^/]+\/topics\/([\w.-]+)/g, type: 'google_pubsub_topic', path: 'name' },
  { pattern: /global\/networks\/([\w-]+)/g, type: 'google_compute_network', path: 'name' },
  { pattern: /subnetworks\/([\w-]+)/g, type: 'google_compute_subnetwork', path: 'name' },
  { pattern: /cryptoKeys\/([\w-]+)/g, type: 'google_kms_crypto_key', path: 'name' },
  { pattern: /projects\/[^/]+\/roles\/(\w+)/g, type: 'google_project_iam_custom_role', path: 'role_id' },
  {
    pattern:
      /^(?:serviceAccount:|.*\/serviceAccounts\/)?(daybreak-[\w-]+)@[a-z0-9-]+\.iam(?:$|\.gserviceaccount\.com$)/g,
    type: 'google_service_account',
    path: 'account_id',
  },
  { pattern: /^https:\/\/(daybreak-[a-z]+)-\d+\.[\w-]+\.run\.app/g, type: 'google_cloud_run_v2_service', path: 'name' },
  { pattern: /^storage\.googleapis\.com\/([\w.-]+)$/g, type: 'google_storage_bucket', path: 'name' },
  { pattern: /user\/(daybreak\/\w+)"/g, type: 'google_logging_metric', path: 'name' },
]

/** Attributes that hold the bare name of a resource of another type. */
const BARE: readonly {
  readonly type: string
  readonly path: string
  readonly target: string
  readonly name: string
}[] = [
  { type: 'google_storage_bucket_iam_member', path: 'bucket', target: 'google_storage_bucket', name: 'name' },
  { type: 'google_storage_notification', path: 'bucket', target: 'google_storage_bucket', name: 'name' },
]

/** References to resources that no stack declares, or of another project. */
export function referenceProblems(resources: readonly Resource[], deployment: Deployment): readonly PolicyProblem[] {
  const declared = declaredNames(resources, deployment)
  return resources.flatMap((resource) => {
    const { names, projects } = referencesOf(resource)
    const foreign = projects.filter(
      (name) => name !== deployment.google.project && name !== deployment.infra.projectNumber,
    )
    return [
      ...names.filter((name) => !declared.has(name)).map((name) => `refers to ${name}, which nothing declares`),
      ...foreign.map((name) => `names the project ${name}`),
    ].map((message) => ({ where: addressOf(resource), message }))
  })
}

/** `TYPE NAME` for what is known by name everywhere, `STACK/TYPE.ID` for what Terraform knows inside of a stack. */
function declaredNames(resources: readonly Resource[], { infra }: Deployment): ReadonlySet<string> {
  // Made by hand before anything else: docs/runbooks/first-deployment.md.
  const declared = new Set([`google_storage_bucket ${infra.stateBucket}`])
  for (const resource of resources) for (const name of ownNames(resource)) declared.add(name)
  return declared
}

const ownNames = remembered((resource: Resource): readonly string[] => {
  const { stack, type, id } = resource
  const paths = [...NAMED, ...BARE.map(({ target, name }) => ({ type: target, path: name }))].filter(
    (each) => each.type === type,
  )
  return [`${stack}/${type}.${id}`, ...paths.map(({ path }) => `${type} ${textAt(resource, path)}`)]
})

const referencesOf = remembered((resource: Resource) => {
  const texts = textsIn(resource.attributes)
  const bare = BARE.filter(({ type }) => type === resource.type)
  return {
    names: [
      ...texts.flatMap(namesIn),
      ...bare.map(({ path, target }) => `${target} ${textAt(resource, path)}`),
      ...texts.flatMap((text) => addressesIn(text, resource)),
    ],
    projects: texts.flatMap((text) => [...text.matchAll(/(?:^|\/)projects\/([^/]+)/g)].map(([, name = '']) => name)),
  }
})

function namesIn(text: string): readonly string[] {
  return NAMED.flatMap(({ pattern, type }) => [...text.matchAll(pattern)].map(([, name = '']) => `${type} ${name}`))
}

/** References of Terraform, in expressions and in `depends_on`, reach only the stack that they stand in. */
function addressesIn(text: string, { stack }: Resource): readonly string[] {
  const found = [...text.matchAll(/\$\{(google_\w+)\.([\w-]+)\.\w+\}/g), ...text.matchAll(/^(google_\w+)\.([\w-]+)$/g)]
  return found.map(([, type, id]) => `${stack}/${type}.${id}`)
}
