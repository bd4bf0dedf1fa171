import type { Deployment } from '../deployment.ts'
import { JOBS, nameOf, REPOSITORY, RUN_SERVICES, sourceBucket } from '../names.ts'
import { type Grant, granting } from './grant.ts'
import { peopleGrants } from './people.ts'
import { runtimeGrants } from './runtime.ts'

/** Permissions of `infra:plan`. None of them reads a row, an object or a secret's content. */
const VIEWS = [
  'roles/artifactregistry.reader',
  'roles/bigquery.metadataViewer',
  'roles/cloudbuild.builds.viewer',
  'roles/cloudkms.viewer',
  'roles/cloudscheduler.viewer',
  'roles/cloudsql.viewer',
  'roles/compute.networkViewer',
  'roles/datacatalog.viewer',
  'roles/dns.reader',
  'roles/iam.securityReviewer',
  'roles/iam.workloadIdentityPoolViewer',
  'roles/logging.viewer',
  'roles/monitoring.viewer',
  'roles/pubsub.viewer',
  'roles/run.viewer',
  'roles/secretmanager.viewer',
  'roles/serviceusage.serviceUsageViewer',
  'roles/storage.bucketViewer',
] as const

/** Permissions of `infra:apply`: one role per service that the stacks use, never `roles/owner` or `roles/editor`. */
const APPLY_ROLES = [
  'roles/artifactregistry.admin',
  'roles/bigquery.dataOwner',
  'roles/cloudbuild.builds.editor',
  'roles/cloudkms.admin',
  'roles/cloudscheduler.admin',
  'roles/cloudsql.admin',
  'roles/compute.networkAdmin',
  'roles/compute.securityAdmin',
  'roles/datacatalog.categoryAdmin',
  'roles/dns.admin',
  'roles/iam.roleAdmin',
  'roles/iam.serviceAccountAdmin',
  'roles/iam.workloadIdentityPoolAdmin',
  'roles/iap.admin',
  'roles/logging.configWriter',
  'roles/monitoring.editor',
  'roles/pubsub.admin',
  'roles/run.admin',
  'roles/secretmanager.admin',
  'roles/servicenetworking.networksAdmin',
  'roles/serviceusage.serviceUsageAdmin',
  'roles/storage.admin',
] as const

/** Permissions of plans, applies and releases. */
export function deliveryGrants(deployment: Deployment): readonly Grant[] {
  const { component } = granting(deployment)
  const state = { kind: 'bucket', name: deployment.infra.stateBucket } as const
  return [
    ...VIEWS.map((role) => component('plan', role, { kind: 'project' }, 'compares what is with what should be')),
    component('plan', 'roles/storage.objectViewer', state, 'reads the state; plans without a lock'),
    ...APPLY_ROLES.map((role) =>
      component('apply', role, { kind: 'project' }, 'makes and changes what the stacks declare'),
    ),
    {
      ...component('apply', 'roles/resourcemanager.projectIamAdmin', { kind: 'project' }, GRANTS_WHY),
      condition: mayGrant(deployment),
    },
    ...actAs('apply', deployment),
    ...releaseGrants(deployment),
    {
      ...{ member: repositoryMember(deployment), role: 'roles/iam.workloadIdentityUser' },
      on: { kind: 'account', name: 'plan' },
      why: 'continuous integration plans as it; releases start in Cloud Build',
    },
  ]
}

const GRANTS_WHY = 'grants at project level, and only the roles that its condition lists'

function releaseGrants(deployment: Deployment): readonly Grant[] {
  const { component, custom } = granting(deployment)
  const on = (name: string) => ({ kind: 'service', name }) as const
  return [
    component('release', 'roles/artifactregistry.writer', { kind: 'repository', name: REPOSITORY }, 'pushes images'),
    component(
      'release',
      custom('daybreakScanner'),
      { kind: 'project' },
      'compares packages with known vulnerabilities',
    ),
    component('release', 'roles/logging.logWriter', { kind: 'project' }, 'writes the log of the build'),
    ...RUN_SERVICES.map((service) =>
      component('release', 'roles/run.developer', on(nameOf(service)), 'makes revisions and moves traffic'),
    ),
    ...JOBS.map((job) =>
      component(
        'release',
        'roles/run.developer',
        { kind: 'job', name: nameOf(job) },
        'gives it the new image; runs the shadow',
      ),
    ),
    component(
      'release',
      'roles/storage.objectViewer',
      { kind: 'bucket', name: sourceBucket(deployment) },
      'reads the source that a person gave to a build',
    ),
    component('release', 'roles/logging.viewer', { kind: 'project' }, 'judges a candidate by its answers'),
    ...actAs('release', deployment),
  ]
}

function actAs(who: 'apply' | 'release', deployment: Deployment): readonly Grant[] {
  const { component } = granting(deployment)
  const accounts =
    who === 'apply'
      ? ([...RUN_SERVICES, ...JOBS, 'push', 'operator', 'release'] as const)
      : ([...RUN_SERVICES, ...JOBS] as const)
  return accounts.map((name) =>
    component(who, 'roles/iam.serviceAccountUser', { kind: 'account', name }, 'gives services their account'),
  )
}

/**
 * An account that changes the project's policy could make itself its owner; this condition prevents that. Its own roles,
 * and those of `plan` and `release`, are granted once, by the person who makes the project.
 */
function mayGrant(deployment: Deployment): { readonly title: string; readonly expression: string } {
  const roles = [...runtimeGrants(deployment), ...peopleGrants(deployment)].flatMap(({ on, role }) =>
    on.kind === 'project' ? [role] : [],
  )
  const list = [...new Set(roles)]
    .toSorted()
    .map((role) => `'${role}'`)
    .join(', ')
  return {
    title: 'only these roles',
    expression: `api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([${list}])`,
  }
}

/** Runs of the one repository, by number: a name that was given up can be registered by anybody. */
function repositoryMember({ infra }: Deployment): string {
  return `principalSet://iam.googleapis.com/projects/${infra.projectNumber}/locations/global/workloadIdentityPools/daybreak/attribute.repository_id/${infra.repository.id}`
}
