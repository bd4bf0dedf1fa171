import type { Deployment } from '../deployment.ts'
import { type Agent, agentMember, type Component, type CustomRole, customRole, memberOf } from '../names.ts'

/** Targets of a grant. Use the narrowest that suffices; the project is the widest. */
export type Place =
  | { readonly kind: 'project' }
  | { readonly kind: 'bucket'; readonly name: string }
  | { readonly kind: 'dataset'; readonly name: string }
  | { readonly kind: 'operations'; readonly name: string }
  | { readonly kind: 'topic'; readonly name: string }
  | { readonly kind: 'reminder'; readonly name: string }
  | { readonly kind: 'subscription'; readonly name: string }
  | { readonly kind: 'reminders'; readonly name: string }
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'iap'; readonly name: string }
  | { readonly kind: 'job'; readonly name: string }
  | { readonly kind: 'account'; readonly name: Component }
  | { readonly kind: 'repository'; readonly name: string }
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'tag'; readonly name: string }
/** Kind of resource that a role is granted on. */
export type PlaceKind = Place['kind']

/** Condition of a grant, in CEL. */
export interface Condition {
  readonly title: string
  readonly expression: string
}

/** One permission of an account or group, with its reason. */
export interface Grant {
  /** A principal of IAM, e.g. `serviceAccount:...`. */
  readonly member: string
  /** Full name of a role. */
  readonly role: string
  readonly on: Place
  readonly why: string
  readonly condition?: Condition
}

/** Words for grants: `grant.component('worker', role, on, ...)`. */
interface Granting {
  component(who: Component, role: string, on: Place, why: string): Grant
  agent(who: Agent, role: string, on: Place, why: string): Grant
  custom(role: CustomRole): string
}

/** Grants of a deployment's own accounts. */
export function granting(deployment: Deployment): Granting {
  return {
    component: (who, role, on, why) => ({ member: memberOf(who, deployment), role, on, why }),
    agent: (who, role, on, why) => ({ member: agentMember(who, deployment), role, on, why }),
    custom: (role) => customRole(role, deployment),
  }
}
