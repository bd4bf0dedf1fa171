import { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository/index.js'
import { CloudbuildTrigger } from '@cdktf/provider-google/lib/cloudbuild-trigger/index.js'
import { IamWorkloadIdentityPool } from '@cdktf/provider-google/lib/iam-workload-identity-pool/index.js'
import { IamWorkloadIdentityPoolProvider } from '@cdktf/provider-google/lib/iam-workload-identity-pool-provider/index.js'
import type { App, TerraformStack } from 'cdktf'
import type { Deployment } from '../deployment.ts'
import { emitGrants } from '../emit-grants.ts'
import { accountEmail, keyName, REPOSITORY } from '../names.ts'
import { createStack } from '../stack.ts'

const GITHUB = 'https://token.actions.githubusercontent.com'

/** Where images lie, who builds them, and what continuous integration may see of the project. */
export function registryStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'registry', deployment)
  const repository = declareRepository(stack, deployment)
  declareTrigger(stack, deployment)
  declareFederation(stack, deployment)
  emitGrants(['repository'], { stack, deployment, declared: new Map([[REPOSITORY, repository]]) })
  return stack
}

function declareRepository(stack: TerraformStack, deployment: Deployment): ArtifactRegistryRepository {
  return new ArtifactRegistryRepository(stack, 'images', {
    repositoryId: REPOSITORY,
    location: deployment.google.region,
    format: 'DOCKER',
    description: 'Images of Daybreak, by commit.',
    // A tag that moves would make a rollback a guess.
    dockerConfig: { immutableTags: true },
    vulnerabilityScanningConfig: { enablementConfig: 'INHERITED' },
    cleanupPolicies: [
      { id: 'keep-the-newest', action: 'KEEP', mostRecentVersions: { keepCount: 20 } },
      { id: 'delete-the-old', action: 'DELETE', condition: { olderThan: '7776000s', tagState: 'ANY' } },
    ],
    ...(deployment.infra.encryptionKeys && { kmsKeyName: keyName('images', deployment) }),
  })
}

/** A push to the release branch runs cloudbuild.yaml as the release account, after a person agreed. */
function declareTrigger(stack: TerraformStack, { environment, google, infra }: Deployment): void {
  new CloudbuildTrigger(stack, 'release', {
    name: `daybreak-release-${environment}`,
    location: google.region,
    description: `Releases ${infra.repository.branch} to ${environment}.`,
    filename: 'cloudbuild.yaml',
    serviceAccount: `projects/${google.project}/serviceAccounts/${accountEmail('release', google.project)}`,
    github: {
      owner: infra.repository.owner,
      name: infra.repository.name,
      push: { branch: `^${infra.repository.branch}$` },
    },
    approvalConfig: { approvalRequired: infra.approval },
    includeBuildLogs: 'INCLUDE_BUILD_LOGS_WITH_STATUS',
    substitutions: { _ENVIRONMENT: environment, _REGION: google.region, _REPOSITORY: REPOSITORY },
  })
}

/** Tokens of the one repository and branch, by number. They plan; releases start in Cloud Build. */
function declareFederation(stack: TerraformStack, { infra }: Deployment): void {
  const { ownerId, id, branch } = infra.repository
  const pool = new IamWorkloadIdentityPool(stack, 'pool', {
    workloadIdentityPoolId: REPOSITORY,
    displayName: REPOSITORY,
    description: 'Continuous integration of the repository.',
  })
  new IamWorkloadIdentityPoolProvider(stack, 'github', {
    workloadIdentityPoolId: pool.workloadIdentityPoolId,
    workloadIdentityPoolProviderId: 'github',
    displayName: 'GitHub Actions',
    attributeMapping: {
      'google.subject': 'assertion.sub',
      'attribute.repository_id': 'assertion.repository_id',
      'attribute.ref': 'assertion.ref',
    },
    attributeCondition: [
      `assertion.repository_owner_id == '${ownerId}'`,
      `assertion.repository_id == '${id}'`,
      `assertion.ref == 'refs/heads/${branch}'`,
    ].join(' && '),
    oidc: { issuerUri: GITHUB },
  })
}
