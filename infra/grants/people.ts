import type { Deployment } from '../deployment.ts'
import { JOBS, memberOf, nameOf, ROTATION_TOPIC, RUN_SERVICES } from '../names.ts'
import { type Grant, granting, type Place } from './grant.ts'

/** Permissions of groups of people: docs/runbooks/who-may.md. None of these roles reads rows. */
export function peopleGrants(deployment: Deployment): readonly Grant[] {
  const { operators, appliers } = deployment.infra
  return [
    ...passGrants(deployment),
    ...operators.flatMap((member) => operatorGrants(member, deployment)),
    ...appliers.flatMap((member) => applierGrants(member)),
  ]
}

/** Those who pass IAP, by name. The roles of Daybreak say what each may do behind it; programs pass as an account. */
function passGrants(deployment: Deployment): readonly Grant[] {
  const { people } = deployment.infra
  if (people.length === 0) return []
  return [...people, memberOf('operator', deployment)].map((member) => ({
    ...{ member, role: 'roles/iap.httpsResourceAccessor', on: { kind: 'iap', name: nameOf('api') } as const },
    why: 'passes IAP to the dashboard and the API',
  }))
}

function operatorGrants(member: string, deployment: Deployment): readonly Grant[] {
  const { custom } = granting(deployment)
  const project = { kind: 'project' } as const
  const grant = (role: string, on: Place, why: string): Grant => ({ member, role, on, why })
  return [
    grant(custom('daybreakOperator'), project, 'looks at what runs, pauses and fires schedules'),
    grant('roles/logging.viewer', project, 'reads what runs said'),
    grant('roles/monitoring.viewer', project, 'looks at alerts and the dashboard'),
    grant('roles/cloudbuild.builds.approver', project, 'approves a release'),
    ...JOBS.map((job) =>
      grant(custom('daybreakRunner'), { kind: 'job', name: nameOf(job) }, 'runs commands where the ledger is'),
    ),
    ...RUN_SERVICES.flatMap((service) => [
      grant('roles/run.developer', { kind: 'service', name: nameOf(service) }, 'gives traffic back to a revision'),
      grant('roles/iam.serviceAccountUser', { kind: 'account', name: service }, 'gives traffic back to a revision'),
    ]),
    ...deployment.secrets.map((name) =>
      grant(
        'roles/secretmanager.secretVersionManager',
        { kind: 'secret', name },
        'adds and disables versions, reads none',
      ),
    ),
    grant(
      'roles/pubsub.subscriber',
      { kind: 'reminders', name: `${ROTATION_TOPIC}-hold` },
      'takes reminders of rotations off',
    ),
  ]
}

function applierGrants(member: string): readonly Grant[] {
  const role = 'roles/iam.serviceAccountTokenCreator'
  return (['plan', 'apply'] as const).map((name) => ({
    ...{ member, role, on: { kind: 'account', name } as const },
    why: 'acts as it for `npm run infra:plan` and `infra:apply`; both are in the audit log with the person',
  }))
}
