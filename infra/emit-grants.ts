import { ArtifactRegistryRepositoryIamMember } from '@cdktf/provider-google/lib/artifact-registry-repository-iam-member/index.js'
import { BigqueryDatasetIamMember } from '@cdktf/provider-google/lib/bigquery-dataset-iam-member/index.js'
import { CloudRunV2JobIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-job-iam-member/index.js'
import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member/index.js'
import { DataCatalogPolicyTagIamMember } from '@cdktf/provider-google/lib/data-catalog-policy-tag-iam-member/index.js'
import { IapWebCloudRunServiceIamMember } from '@cdktf/provider-google/lib/iap-web-cloud-run-service-iam-member/index.js'
import { KmsCryptoKeyIamMember } from '@cdktf/provider-google/lib/kms-crypto-key-iam-member/index.js'
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js'
import { PubsubSubscriptionIamMember } from '@cdktf/provider-google/lib/pubsub-subscription-iam-member/index.js'
import { PubsubTopicIamMember } from '@cdktf/provider-google/lib/pubsub-topic-iam-member/index.js'
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js'
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js'
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js'
import type { TerraformResource, TerraformStack } from 'cdktf'
import type { Deployment } from './deployment.ts'
import { grantsOf } from './grants/all.ts'
import type { Grant, PlaceKind } from './grants/grant.ts'
import { accountEmail, type Component } from './names.ts'
import { type Declared, memberWords, resourceId } from './stack.ts'

interface Emission {
  readonly stack: TerraformStack
  readonly deployment: Deployment
  /** Resources that the stack declares, by name: a grant waits for its resource. */
  readonly declared: Declared
}

/** Declares every grant on a kind of place, in the stack that owns places of this kind. */
export function emitGrants(kinds: readonly PlaceKind[], emission: Emission): readonly TerraformResource[] {
  return grantsOf(emission.deployment)
    .filter(({ on }) => kinds.includes(on.kind))
    .map((grant) => emit(grant, emission))
}

function emit(grant: Grant, { stack, deployment, declared }: Emission): TerraformResource {
  const { google } = deployment
  const { on, member, role, condition } = grant
  const id = idOf(grant)
  const target = 'name' in on ? declared.get(on.name) : undefined
  const common = { member, role, ...(condition && { condition }), ...(target && { dependsOn: [target] }) }
  const at = { ...common, project: google.project, location: google.region }
  switch (on.kind) {
    case 'project':
      return new ProjectIamMember(stack, id, { ...common, project: google.project })
    case 'bucket':
      return new StorageBucketIamMember(stack, id, { ...common, bucket: on.name })
    case 'dataset':
    case 'operations':
      return new BigqueryDatasetIamMember(stack, id, { ...common, datasetId: on.name })
    case 'topic':
    case 'reminder':
      return new PubsubTopicIamMember(stack, id, { ...common, topic: on.name })
    case 'subscription':
    case 'reminders':
      return new PubsubSubscriptionIamMember(stack, id, { ...common, subscription: on.name })
    case 'secret':
      return new SecretManagerSecretIamMember(stack, id, { ...common, secretId: on.name })
    case 'service':
      return new CloudRunV2ServiceIamMember(stack, id, { ...at, name: on.name })
    case 'iap':
      return new IapWebCloudRunServiceIamMember(stack, id, { ...at, cloudRunServiceName: on.name })
    case 'job':
      return new CloudRunV2JobIamMember(stack, id, { ...at, name: on.name })
    case 'repository':
      return new ArtifactRegistryRepositoryIamMember(stack, id, { ...at, repository: on.name })
    case 'key':
      return new KmsCryptoKeyIamMember(stack, id, { ...common, cryptoKeyId: on.name })
    case 'account':
      return new ServiceAccountIamMember(stack, id, {
        ...common,
        serviceAccountId: accountName(on.name, google.project),
      })
    case 'tag':
      return new DataCatalogPolicyTagIamMember(stack, id, { ...common, policyTag: tagName(target) })
  }
}

function accountName(component: Component, project: string): string {
  return `projects/${project}/serviceAccounts/${accountEmail(component, project)}`
}

/** A policy tag is the one thing whose name Google makes up, so the grant refers to the resource. */
function tagName(tag: TerraformResource | undefined): string {
  if (!tag) throw new TypeError('a grant on a policy tag needs the tag in the same stack')
  return tag.getStringAttribute('name')
}

function idOf({ member, role, on }: Grant): string {
  const short = role.replace(/^.*roles\//, '').replace('.', '-')
  const place = 'name' in on ? on.name.replace(/^.*\//, '') : ''
  return resourceId('grant', memberWords(member), short, place)
}
