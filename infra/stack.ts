import { GoogleProvider } from '@cdktf/provider-google/lib/provider/index.js'
import { type App, GcsBackend, type TerraformResource, TerraformStack } from 'cdktf'
import type { Deployment } from './deployment.ts'
import { COMPONENTS } from './names.ts'

/** Labels of everything that can carry some, so that a bill can be taken apart. */
export function labelsOf({ environment }: Deployment): Record<string, string> {
  return { application: 'daybreak', environment }
}

/**
 * An empty stack: provider and remote state. Every stack has a state of its own, so that a release cannot touch data; what
 * one needs of another it knows by name, because no name has a random part.
 */
export function createStack(app: App, name: string, deployment: Deployment): TerraformStack {
  const { google, infra } = deployment
  const stack = new TerraformStack(app, name)
  new GoogleProvider(stack, 'google', {
    project: google.project,
    region: google.region,
    defaultLabels: labelsOf(deployment),
    // Budgets and perimeters are charged to this project instead of the caller's.
    billingProject: google.project,
    userProjectOverride: true,
  })
  new GcsBackend(stack, { bucket: infra.stateBucket, prefix: `daybreak/${name}` })
  return stack
}

/** Refuses to be destroyed where the environment says so. */
export function protection({ infra }: Deployment): { lifecycle: { preventDestroy: boolean } } {
  return { lifecycle: { preventDestroy: infra.protect } }
}

/** An id of a resource in its stack: what is not a letter, a digit or a hyphen becomes a hyphen. */
export function resourceId(...parts: readonly string[]): string {
  return parts
    .join('-')
    .replaceAll(/[^A-Za-z0-9-]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

/** Short words for a principal, for ids: `worker`, `agent-pubsub`, `group-analysts`. */
export function memberWords(member: string): string {
  const [kind = '', address = ''] = [member.split(':')[0], member.split(':').slice(1).join(':')]
  const component = COMPONENTS.find((name) => address.startsWith(`daybreak-${name}@`))
  if (component) return component
  const [, agent] = /@(?:gcp-sa-)?([a-z-]+)\.iam\.gserviceaccount\.com$/.exec(address) ?? []
  if (agent && /^(service|bq)-\d+@/.test(address)) return `agent-${agent}`
  return resourceId(
    kind === 'principalSet' ? 'repository' : kind,
    kind === 'principalSet' ? '' : (address.split('@')[0] ?? ''),
  )
}

/** Resources of the stack by the name that grants know them by. */
export type Declared = ReadonlyMap<string, TerraformResource>
