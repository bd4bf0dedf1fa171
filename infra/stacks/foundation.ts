import { ProjectIamAuditConfig } from '@cdktf/provider-google/lib/project-iam-audit-config/index.js'
import { ProjectIamCustomRole } from '@cdktf/provider-google/lib/project-iam-custom-role/index.js'
import { ProjectService } from '@cdktf/provider-google/lib/project-service/index.js'
import { ServiceAccount } from '@cdktf/provider-google/lib/service-account/index.js'
import type { App, TerraformStack } from 'cdktf'
import type { Deployment } from '../deployment.ts'
import { emitGrants } from '../emit-grants.ts'
import { COMPONENT_WORDS, COMPONENTS, CUSTOM_ROLES, nameOf } from '../names.ts'
import { createStack, resourceId } from '../stack.ts'

/** APIs that the stacks and the services call. */
export const SERVICES = [
  'artifactregistry',
  'bigquery',
  'billingbudgets',
  'cloudbuild',
  'cloudkms',
  'cloudresourcemanager',
  'cloudscheduler',
  'compute',
  'containerscanning',
  'datacatalog',
  'datalineage',
  'dns',
  'iam',
  'iamcredentials',
  'iap',
  'logging',
  'monitoring',
  'ondemandscanning',
  'pubsub',
  'run',
  'secretmanager',
  'servicenetworking',
  'serviceusage',
  'sqladmin',
  'storage',
  'sts',
] as const

/** Services whose reads of data are logged: who looked at what, and not only who changed it. */
export const AUDITED = ['bigquery', 'cloudkms', 'iam', 'secretmanager', 'storage'] as const

/** The base of all other stacks: APIs, accounts, custom roles, and grants at project and account level. */
export function foundationStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'foundation', deployment)
  const { project } = deployment.google
  for (const service of SERVICES) {
    // Disabling an API deletes what it holds, and other systems of the project may use it.
    new ProjectService(stack, resourceId('api', service), {
      service: `${service}.googleapis.com`,
      disableOnDestroy: false,
    })
  }
  for (const service of AUDITED) {
    new ProjectIamAuditConfig(stack, resourceId('audit', service), {
      project,
      service: `${service}.googleapis.com`,
      auditLogConfig: [{ logType: 'DATA_READ' }, { logType: 'DATA_WRITE' }],
    })
  }
  for (const [roleId, { title, permissions, instead }] of Object.entries(CUSTOM_ROLES)) {
    const description = `Instead of ${instead}.`
    new ProjectIamCustomRole(stack, resourceId('role', roleId), {
      roleId,
      title,
      description,
      permissions: [...permissions],
    })
  }
  const accounts = COMPONENTS.map((component) => {
    const settings = {
      accountId: nameOf(component),
      displayName: nameOf(component),
      description: COMPONENT_WORDS[component],
    }
    return [component, new ServiceAccount(stack, resourceId('account', component), settings)] as const
  })
  emitGrants(['project', 'account'], { stack, deployment, declared: new Map(accounts) })
  return stack
}
