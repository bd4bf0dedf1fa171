import { AccessContextManagerServicePerimeter } from '@cdktf/provider-google/lib/access-context-manager-service-perimeter/index.js'
import type { App, TerraformStack } from 'cdktf'
import type { Deployment } from '../deployment.ts'
import { createStack } from '../stack.ts'

/** Services that are not reachable from outside the perimeter: all that store data. */
const RESTRICTED = ['bigquery', 'pubsub', 'secretmanager', 'sqladmin', 'storage', 'cloudkms'] as const

/** A line around the project that data does not cross, for any caller. Only where the organisation has an access policy. */
export function perimeterStack(app: App, deployment: Deployment, accessPolicy: string): TerraformStack {
  const stack = createStack(app, 'perimeter', deployment)
  const services = RESTRICTED.map((service) => `${service}.googleapis.com`)
  const title = `daybreak_${deployment.environment}`
  new AccessContextManagerServicePerimeter(stack, 'perimeter', {
    parent: `accessPolicies/${accessPolicy}`,
    name: `accessPolicies/${accessPolicy}/servicePerimeters/${title}`,
    title,
    perimeterType: 'PERIMETER_TYPE_REGULAR',
    status: {
      resources: [`projects/${deployment.infra.projectNumber}`],
      restrictedServices: [...services],
      vpcAccessibleServices: { enableRestriction: true, allowedServices: ['RESTRICTED-SERVICES'] },
    },
  })
  return stack
}
