import { App, Testing } from 'cdktf'
import { z } from 'zod'
import { type Deployment, ledgerInstance } from './deployment.ts'
import { remembered } from './policy/remembered.ts'
import { budgetStack } from './stacks/budget.ts'
import { computeStack } from './stacks/compute.ts'
import { foundationStack } from './stacks/foundation.ts'
import { keysStack } from './stacks/keys.ts'
import { ledgerStack } from './stacks/ledger.ts'
import { messagingStack } from './stacks/messaging.ts'
import { metricsStack } from './stacks/metrics.ts'
import { networkStack } from './stacks/network.ts'
import { observabilityStack } from './stacks/observability.ts'
import { perimeterStack } from './stacks/perimeter.ts'
import { registryStack } from './stacks/registry.ts'
import { scheduleStack } from './stacks/schedule.ts'
import { secretsStack } from './stacks/secrets.ts'
import { storageStack } from './stacks/storage.ts'
import { warehouseStack } from './stacks/warehouse.ts'

const Attributes = z.record(z.string(), z.json())

/** One stack as Terraform reads it. */
export const StackJson = z.looseObject({
  provider: z.json(),
  terraform: z.json(),
  resource: z.record(z.string(), z.record(z.string(), Attributes)).default({}),
})
export type StackJson = z.infer<typeof StackJson>
export type ResourceAttributes = z.infer<typeof Attributes>

export interface Synthesized {
  /** Also the folder of its state. */
  readonly name: string
  readonly json: StackJson
}

/** All stacks of a deployment, in the order in which they are applied. Reaches nothing outside of this process. */
export function synthesize(deployment: Deployment): readonly Synthesized[] {
  // Nothing is written; cdktf only insists on a folder that exists.
  const app = new App({ outdir: '.', stackTraces: false, skipValidation: true })
  const { access_policy, encryption_keys } = deployment.infra
  const instance = ledgerInstance(deployment)
  const stacks = [
    foundationStack(app, deployment),
    ...(encryption_keys ? [keysStack(app, deployment)] : []),
    networkStack(app, deployment),
    storageStack(app, deployment),
    warehouseStack(app, deployment),
    secretsStack(app, deployment),
    ...(instance === null ? [] : [ledgerStack(app, deployment, instance)]),
    registryStack(app, deployment),
    metricsStack(app, deployment),
    computeStack(app, deployment),
    messagingStack(app, deployment),
    scheduleStack(app, deployment),
    observabilityStack(app, deployment),
    budgetStack(app, deployment),
    ...(access_policy === undefined ? [] : [perimeterStack(app, deployment, access_policy)]),
  ]
  // `Testing.synth` is cdktf's one way to a stack without files, sorted and without the paths of this machine.
  return stacks.map((stack) => ({ name: stack.node.id, json: StackJson.parse(JSON.parse(Testing.synth(stack, true))) }))
}

/** The same, reckoned once per deployment, for whoever only reads. */
export const stacksOf = remembered(synthesize)
