import { App, type TerraformStack, Testing } from 'cdktf'
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
const StackJson = z.looseObject({
  provider: z.json(),
  terraform: z.json(),
  resource: z.record(z.string(), z.record(z.string(), Attributes)).default({}),
  // Terraform refuses an empty block, so a stack without variables has none.
  variable: z.record(z.string(), z.looseObject({ description: z.string().default('') })).optional(),
})
type StackJson = z.infer<typeof StackJson>
/** Attributes of a resource in Terraform JSON. */
export type ResourceAttributes = z.infer<typeof Attributes>

/** Stack as Terraform JSON. */
export interface Synthesized {
  /** Also the folder of its state. */
  readonly name: string
  readonly json: StackJson
}

type Declare = (app: App, deployment: Deployment) => TerraformStack

/** The stacks of a deployment by name, in the order in which they are applied. */
function declarations(deployment: Deployment): readonly (readonly [name: string, declare: Declare])[] {
  const { accessPolicy, encryptionKeys } = deployment.infra
  const instance = ledgerInstance(deployment)
  const isThere = (condition: boolean, name: string, declare: Declare) => (condition ? [[name, declare] as const] : [])
  return [
    ['foundation', foundationStack],
    ...isThere(encryptionKeys, 'keys', keysStack),
    ['network', networkStack],
    ['storage', storageStack],
    ['warehouse', warehouseStack],
    ['secrets', secretsStack],
    ...isThere(instance !== null, 'ledger', (app) => ledgerStack(app, deployment, instance ?? '')),
    ['registry', registryStack],
    ['metrics', metricsStack],
    ['compute', computeStack],
    ['messaging', messagingStack],
    ['schedule', scheduleStack],
    ['observability', observabilityStack],
    ['budget', budgetStack],
    ...isThere(accessPolicy !== undefined, 'perimeter', (app) => perimeterStack(app, deployment, accessPolicy ?? '')),
  ]
}

/** Names of the stacks of a deployment; nothing is synthesised for them. */
export function stackNames(deployment: Deployment): readonly string[] {
  return declarations(deployment).map(([name]) => name)
}

/** All stacks of a deployment, in the order in which they are applied. Reaches nothing outside of this process. */
export function synthesize(deployment: Deployment): readonly Synthesized[] {
  // Nothing is written; cdktf only insists on a folder that exists.
  const app = new App({ outdir: '.', stackTraces: false, skipValidation: true })
  const stacks = declarations(deployment).map(([, declare]) => declare(app, deployment))
  // `Testing.synth` is cdktf's one way to a stack without files, sorted and without the paths of this machine.
  return stacks.map((stack) => ({ name: stack.node.id, json: StackJson.parse(JSON.parse(Testing.synth(stack, true))) }))
}

/** The same, computed once per deployment, for callers that only read. */
export const stacksOf = remembered(synthesize)
