import { StorageBucket, type StorageBucketConfig } from '@cdktf/provider-google/lib/storage-bucket/index.js'
import { StorageNotification } from '@cdktf/provider-google/lib/storage-notification/index.js'
import type { App, TerraformResource, TerraformStack } from 'cdktf'
import { toMilliseconds } from '../../functions/config/duration.ts'
import type { Deployment } from '../deployment.ts'
import { emitGrants } from '../emit-grants.ts'
import { keyName, sourceBucket } from '../names.ts'
import { createStack, protection } from '../stack.ts'

const DAY = 86_400

/** Buckets, each kept as its objects deserve. */
export function storageStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'storage', deployment)
  const buckets = Object.entries(bucketSettings(deployment)).map(([id, settings]) => {
    const bucket = new StorageBucket(stack, id, { ...common(deployment), ...settings })
    return [settings.name, bucket] as const
  })
  emitGrants(['bucket'], { stack, deployment, declared: new Map(buckets) })
  return stack
}

/** Tells the topic of every file that is complete in the inbox. Made last: Cloud Storage tries the topic at once. */
export function inboxNotification(
  stack: TerraformStack,
  { infra, topics, google }: Deployment,
  after: readonly TerraformResource[],
): void {
  new StorageNotification(stack, 'inbox-arrivals', {
    bucket: infra.inboxBucket,
    topic: `projects/${google.project}/topics/${topics.file_arrival}`,
    eventTypes: ['OBJECT_FINALIZE'],
    payloadFormat: 'JSON_API_V1',
    dependsOn: [...after],
  })
}

function common(deployment: Deployment): Omit<StorageBucketConfig, 'name'> {
  const { infra, warehouse } = deployment
  return {
    // Load jobs read only buckets that lie where the dataset lies.
    location: warehouse.location.toUpperCase(),
    uniformBucketLevelAccess: true,
    publicAccessPrevention: 'enforced',
    forceDestroy: !infra.protect,
    softDeletePolicy: { retentionDurationSeconds: 7 * DAY },
    ...protection(deployment),
    ...(infra.encryptionKeys && { encryption: { defaultKmsKeyName: keyName('objects', deployment) } }),
  }
}

type Settings = Pick<StorageBucketConfig, 'name' | 'versioning' | 'retentionPolicy' | 'lifecycleRule'>

function bucketSettings(deployment: Deployment): Readonly<Record<string, Settings>> {
  const { objects, infra } = deployment
  return {
    raw: {
      name: objects.rawBucket,
      versioning: { enabled: false },
      retentionPolicy: { retentionPeriod: seconds(infra.rawRetention) },
      lifecycleRule: [colder('NEARLINE', 30), colder('COLDLINE', 120), ...deleted(infra.rawDeleteAfter)],
    },
    parts: {
      name: objects.partsBucket,
      versioning: { enabled: false },
      lifecycleRule: [colder('NEARLINE', 60), ...deleted(infra.partsDeleteAfter)],
    },
    // Manifests are small and never change: a version that is not the newest was a mistake.
    control: {
      name: objects.controlBucket,
      versioning: { enabled: true },
      lifecycleRule: [oldVersions(30), abandoned()],
    },
    inbox: { name: infra.inboxBucket, versioning: { enabled: false }, lifecycleRule: deleted('14d') },
    source: { name: sourceBucket(deployment), versioning: { enabled: false }, lifecycleRule: deleted('14d') },
    logs: {
      name: infra.logsBucket,
      versioning: { enabled: false },
      // Locked, it can be neither shortened nor taken off, by any account: what the audit says stays said.
      retentionPolicy: { retentionPeriod: 30 * DAY, isLocked: infra.protect },
      lifecycleRule: [colder('COLDLINE', 30), ...deleted('400d')],
    },
  }
}

function colder(storageClass: 'NEARLINE' | 'COLDLINE', age: number) {
  return { action: { type: 'SetStorageClass', storageClass }, condition: { age } }
}

function deleted(after: string | undefined) {
  const rule = after === undefined ? [] : [{ action: { type: 'Delete' }, condition: { age: seconds(after) / DAY } }]
  return [...rule, abandoned()]
}

/** An unfinished upload costs money and is not listed. */
function abandoned() {
  return { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 1 } }
}

function oldVersions(days: number) {
  return { action: { type: 'Delete' }, condition: { daysSinceNoncurrentTime: days, withState: 'ARCHIVED' } }
}

function seconds(duration: string): number {
  return toMilliseconds(duration) / 1000
}
