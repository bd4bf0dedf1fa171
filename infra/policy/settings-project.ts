import { CUSTOM_ROLES } from '../names.ts'
import { as, is, like, listOf, type Settings } from './expect.ts'
import { type Json, textAt } from './resource.ts'

const DAY = 86_400

/** Settings of the stacks foundation, keys, registry, budget and perimeter. */
export const PROJECT_SETTINGS: Settings = {
  google_project_service: { disable_on_destroy: is(false) },
  google_project_iam_audit_config: {
    project: as(({ google }) => google.project),
    audit_log_config: listOf([{ log_type: 'DATA_READ' }, { log_type: 'DATA_WRITE' }]),
  },
  google_project_iam_custom_role: {
    permissions: as((_, resource) => {
      const role = Object.entries(CUSTOM_ROLES).find(([id]) => id === textAt(resource, 'role_id'))?.[1]
      return role && [...role.permissions]
    }),
  },
  google_kms_key_ring: { location: as(({ google }) => google.region) },
  google_kms_crypto_key: {
    key_ring: is('${google_kms_key_ring.ring.id}'),
    purpose: is('ENCRYPT_DECRYPT'),
    rotation_period: is(`${90 * DAY}s`),
    destroy_scheduled_duration: is(`${30 * DAY}s`),
    'lifecycle.prevent_destroy': as(({ infra }) => infra.protect),
  },
  google_artifact_registry_repository: {
    location: as(({ google }) => google.region),
    format: is('DOCKER'),
    'docker_config.immutable_tags': is(true),
    'vulnerability_scanning_config.enablement_config': is('INHERITED'),
    cleanup_policies: is([
      { action: 'KEEP', id: 'keep-the-newest', most_recent_versions: { keep_count: 20 } },
      { action: 'DELETE', condition: { older_than: `${90 * DAY}s`, tag_state: 'ANY' }, id: 'delete-the-old' },
    ]),
    kms_key_name: as((deployment) => keyOf('images', deployment)),
  },
  google_cloudbuild_trigger: {
    location: as(({ google }) => google.region),
    filename: is('cloudbuild.yaml'),
    service_account: like(/^projects\/[^/]+\/serviceAccounts\/daybreak-release@/),
    'approval_config.approval_required': as(({ infra }) => infra.approval),
    include_build_logs: is('INCLUDE_BUILD_LOGS_WITH_STATUS'),
    'github.owner': as(({ infra }) => infra.repository.owner),
    'github.name': as(({ infra }) => infra.repository.name),
    'github.push': as(({ infra }) => ({ branch: `^${infra.repository.branch}$` })),
    substitutions: as(({ environment, google }) => ({
      _ENVIRONMENT: environment,
      _REGION: google.region,
      _REPOSITORY: 'daybreak',
    })),
  },
  google_iam_workload_identity_pool_provider: {
    workload_identity_pool_id: is('${google_iam_workload_identity_pool.pool.workload_identity_pool_id}'),
    // By number, and one branch: names are registered again by others when they are given up.
    attribute_condition: as(
      ({ infra: { repository } }) =>
        `assertion.repository_owner_id == '${repository.ownerId}' && assertion.repository_id == '${repository.id}' && assertion.ref == 'refs/heads/${repository.branch}'`,
    ),
    attribute_mapping: is({
      'attribute.ref': 'assertion.ref',
      'attribute.repository_id': 'assertion.repository_id',
      'google.subject': 'assertion.sub',
    }),
    oidc: is({ issuer_uri: 'https://token.actions.githubusercontent.com' }),
  },
  google_billing_budget: {
    billing_account: as(({ infra }) => infra.budget.billingAccount),
    budget_filter: as(({ infra }) => ({ calendar_period: 'MONTH', projects: [`projects/${infra.projectNumber}`] })),
    'amount.specified_amount': as(({ infra: { budget } }) => ({
      currency_code: budget.currency,
      units: String(budget.amount),
    })),
    threshold_rules: is([
      ...[0.5, 0.9, 1].map((threshold_percent) => ({ spend_basis: 'CURRENT_SPEND', threshold_percent })),
      { spend_basis: 'FORECASTED_SPEND', threshold_percent: 1 },
    ]),
    all_updates_rule: is({ disable_default_iam_recipients: false, enable_project_level_recipients: true }),
  },
  google_access_context_manager_service_perimeter: {
    parent: as(({ infra }) => `accessPolicies/${infra.accessPolicy}`),
    name: like(/^accessPolicies\/\d+\/servicePerimeters\/daybreak_[a-z]+$/),
    perimeter_type: is('PERIMETER_TYPE_REGULAR'),
    'status.resources': as(({ infra }) => [`projects/${infra.projectNumber}`]),
    'status.restricted_services': listOf(
      ['bigquery', 'cloudkms', 'pubsub', 'secretmanager', 'sqladmin', 'storage'].map(
        (name) => `${name}.googleapis.com`,
      ),
    ),
    'status.vpc_accessible_services': is({ allowed_services: ['RESTRICTED-SERVICES'], enable_restriction: true }),
  },
}

interface Keyed {
  readonly google: { readonly project: string; readonly region: string }
  readonly infra: { readonly encryptionKeys: boolean }
}

/** Full name of an own key; absent where the environment wants none. */
export function keyOf(key: string, { google, infra }: Keyed): Json | undefined {
  const ring = `projects/${google.project}/locations/${google.region}/keyRings/daybreak`
  return infra.encryptionKeys ? `${ring}/cryptoKeys/${key}` : undefined
}
