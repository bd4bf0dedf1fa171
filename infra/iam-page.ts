import type { Deployment } from './deployment.ts'
import { grantsOf } from './grants/all.ts'
import type { Grant } from './grants/grant.ts'
import { COMPONENT_WORDS, COMPONENTS, CUSTOM_ROLES, memberOf } from './names.ts'

/** One line of the IAM matrix. */
export interface MatrixRow {
  readonly who: string
  readonly role: string
  readonly on: string
  readonly when: string
  readonly why: string
}

/** The permissions of a deployment as people review them, without the names of the environment. */
export function matrixOf(deployment: Deployment): ReadonlyMap<string, readonly MatrixRow[]> {
  const grants = grantsOf(deployment)
  const ours = new Set(COMPONENTS.map((component) => memberOf(component, deployment)))
  const others = grants.filter(({ member }) => !ours.has(member))
  const rows = (list: readonly Grant[]) => list.map((grant) => rowOf(grant, deployment))
  return new Map([
    ...COMPONENTS.map((component) => {
      const mine = grants.filter(({ member }) => member === memberOf(component, deployment))
      return [`${component}: ${COMPONENT_WORDS[component]}`, rows(mine)] as const
    }),
    [
      'Accounts of Google',
      rows(others.filter(({ member }) => /@(gcp-sa-|gs-project|serverless|bigquery-enc)/.test(member))),
    ],
    [
      'People and continuous integration',
      rows(others.filter(({ member }) => !/@(gcp-sa-|gs-project|serverless|bigquery-enc)/.test(member))),
    ],
  ])
}

function rowOf({ member, role, on, why, condition }: Grant, { google, infra }: Deployment): MatrixRow {
  const neutral = (text: string) => text.replaceAll(google.project, 'PROJECT').replaceAll(infra.projectNumber, 'NUMBER')
  return {
    who: neutral(member),
    role: neutral(role).replace('projects/PROJECT/roles/', 'custom: '),
    on: on.kind === 'project' ? 'the project' : `${on.kind} ${neutral(on.name)}`,
    when: neutral(condition?.expression ?? ''),
    why,
  }
}

/** Custom roles with their permissions, and what they stand in for. */
export function customRoleRows(): readonly (readonly string[])[] {
  return Object.entries(CUSTOM_ROLES).map(([id, { permissions, instead }]) => [id, permissions.join(', '), instead])
}
