import type { Deployment } from '../deployment.ts'
import type { Synthesized } from '../synth.ts'
import { bindingProblems } from './bindings.ts'
import { inventoryProblems } from './inventory.ts'
import { messageProblems } from './messages.ts'
import { referenceProblems } from './references.ts'
import { type PolicyProblem, resourcesOf } from './resource.ts'
import { settingProblems } from './settings.ts'
import { stateProblems } from './state.ts'

/**
 * Everything in the stacks that must not be deployed. The stacks and this are written twice on purpose, as double entry:
 * a binding, setting or resource that is lost or weakened on one side is seen on the other.
 */
export function checkPolicy(stacks: readonly Synthesized[], deployment: Deployment): readonly PolicyProblem[] {
  const resources = resourcesOf(stacks)
  return [
    ...stateProblems(stacks, deployment),
    ...inventoryProblems(resources, deployment),
    ...bindingProblems(resources, deployment),
    ...referenceProblems(resources, deployment),
    ...messageProblems(resources, deployment),
    ...settingProblems(resources, deployment),
  ]
}
