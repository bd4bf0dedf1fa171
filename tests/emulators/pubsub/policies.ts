import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Method } from './wire.ts'
import { Refusal } from './wire.ts'

const Policy = z.object({
  version: z.int().optional(),
  bindings: z
    .array(
      z.object({
        role: z.string().regex(/^roles\/|^projects\//),
        members: z.array(
          z.string().regex(/^(user|group|domain|serviceAccount|principal(Set)?):|^all(Authenticated)?Users$/),
        ),
        condition: z.unknown().optional(),
      }),
    )
    .default([]),
  etag: z.instanceof(Uint8Array).optional(),
})
type Policy = z.infer<typeof Policy>

/** Who may do what with a topic or a subscription. */
export interface Policies {
  /** True when a binding of the resource gives the member one of the roles. Conditions are not understood, so they deny. */
  allows(resource: string, member: string, roles: readonly string[]): boolean
  forget(resource: string): void
  readonly methods: Readonly<Record<string, Method>>
}

/** Policies of resources, as the service google.iam.v1.IAMPolicy keeps them. */
export function createPolicies(exists: (resource: string) => boolean): Policies {
  const policies = new Map<string, Policy>()
  const known = (resource: string) => {
    if (!exists(resource))
      throw new Refusal('NOT_FOUND', `Resource not found (resource=${resource.split('/').at(-1)}).`)
    return policies.get(resource) ?? { bindings: [] }
  }
  const answer = (policy: Policy) => ({ ...policy, version: 1, etag: etagOf(policy) })
  return {
    allows: (resource, member, roles) =>
      (policies.get(resource)?.bindings ?? []).some(
        ({ role, members, condition }) => !condition && roles.includes(role) && members.includes(member),
      ),
    forget: (resource) => void policies.delete(resource),
    methods: {
      GetIamPolicy: (request) => answer(known(z.object({ resource: z.string() }).parse(request).resource)),
      SetIamPolicy(request) {
        const { resource, policy } = z.object({ resource: z.string(), policy: Policy }).parse(request)
        const { etag, bindings } = policy
        if (etag?.length && !etagOf(known(resource)).equals(etag))
          throw new Refusal(
            'ABORTED',
            'There were concurrent policy changes. Please retry the whole read-modify-write.',
          )
        known(resource)
        policies.set(resource, { bindings })
        return answer({ bindings })
      },
    },
  }
}

function etagOf({ bindings }: Policy): Buffer {
  return createHash('sha256').update(JSON.stringify(bindings)).digest().subarray(0, 8)
}
