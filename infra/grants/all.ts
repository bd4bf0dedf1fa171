import type { Deployment } from '../deployment.ts'
import { agentGrants } from './agents.ts'
import { deliveryGrants } from './delivery.ts'
import type { Grant } from './grant.ts'
import { peopleGrants } from './people.ts'
import { runtimeGrants } from './runtime.ts'

/** Every permission of a deployment. There is no other: the policy compares the stacks with this list, both ways. */
export function grantsOf(deployment: Deployment): readonly Grant[] {
  return [
    ...runtimeGrants(deployment),
    ...agentGrants(deployment),
    ...deliveryGrants(deployment),
    ...peopleGrants(deployment),
  ]
}
