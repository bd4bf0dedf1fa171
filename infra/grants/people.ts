import type { Deployment } from '../deployment.ts'
import { JOBS, nameOf, ROTATION_TOPIC } from '../names.ts'
import { type Grant, granting, type Place } from './grant.ts'

/** Permissions of groups of people: docs/runbooks/who-may.md. None of these roles reads rows. */
export function peopleGrants(deployment: Deployment): readonly Grant[] {
  const { operators, appliers } = deployment.infra
  return [
    ...operators.flatMap((member) => operatorGrants(member, deployment)),
    ...appliers.flatMap((member) => applierGrants(member)),
  ]
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
    ...(['worker', 'api'] as const).flatMap((service) => [
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
