import type { Deployment } from '../deployment.ts'
import type { Settings } from './expect.ts'
import { remembered } from './remembered.ts'
import { addressOf, type PolicyProblem, type Resource, valueAt } from './resource.ts'
import { COMPUTE_SETTINGS } from './settings-compute.ts'
import { DATA_SETTINGS } from './settings-data.ts'
import { MESSAGE_SETTINGS } from './settings-messages.ts'
import { NETWORK_SETTINGS } from './settings-network.ts'
import { PROJECT_SETTINGS } from './settings-project.ts'
import { WATCH_SETTINGS } from './settings-watch.ts'

/** Settings that each type of resource must have. */
export const SETTINGS: Settings = {
  ...PROJECT_SETTINGS,
  ...NETWORK_SETTINGS,
  ...DATA_SETTINGS,
  ...MESSAGE_SETTINGS,
  ...COMPUTE_SETTINGS,
  ...WATCH_SETTINGS,
}

/** Settings that are not what they must be. */
export function settingProblems(resources: readonly Resource[], deployment: Deployment): readonly PolicyProblem[] {
  const judge = judgeOf(deployment)
  return resources.flatMap((resource) => judge(resource))
}

// A resource that did not change is not judged again; the mutation test asks thousands of times.
const judgeOf = remembered((deployment: Deployment) =>
  remembered((resource: Resource): readonly PolicyProblem[] => {
    const rules = { ...SETTINGS[resource.type], ...SETTINGS[`${resource.type}.${resource.id}`] }
    return Object.entries(rules).flatMap(([path, expected]) => {
      const value = valueAt(resource.attributes, path)
      if (expected.holds(value, { resource, deployment })) return []
      const found = JSON.stringify(value) ?? 'absent'
      return [{ where: addressOf(resource), message: `${path} is ${found}; it must be ${expected.words}` }]
    })
  }),
)
