import { PubsubSubscription } from '@cdktf/provider-google/lib/pubsub-subscription/index.js'
import { PubsubTopic } from '@cdktf/provider-google/lib/pubsub-topic/index.js'
import { SecretManagerSecret } from '@cdktf/provider-google/lib/secret-manager-secret/index.js'
import { type App, Fn, type TerraformStack } from 'cdktf'
import type { Deployment } from '../deployment.ts'
import { emitGrants } from '../emit-grants.ts'
import { keyName, ROTATION_TOPIC } from '../names.ts'
import { createStack, protection, resourceId } from '../stack.ts'

/** Days after which Secret Manager says that a secret is old. It reminds; a person rotates. */
const ROTATION = '7776000s'
/** Time until secrets are first rotated: 90 days. */
const FIRST_ROTATION = '2160h'

/** The secrets that the environment file names, empty: versions are added by hand and never pass through Terraform. */
export function secretsStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'secrets', deployment)
  const { google, infra } = deployment
  const topic = new PubsubTopic(stack, 'rotation', {
    name: ROTATION_TOPIC,
    messageRetentionDuration: '604800s',
    messageStoragePolicy: { allowedPersistenceRegions: [google.region] },
    ...(infra.encryptionKeys && { kmsKeyName: keyName('messages', deployment) }),
  })
  const reminders = emitGrants(['reminder'], { stack, deployment, declared: new Map([[ROTATION_TOPIC, topic]]) })
  // The person who rotates acknowledges by hand, prompted by the alert `secret-due`.
  const hold = new PubsubSubscription(stack, 'rotation-hold', {
    name: `${ROTATION_TOPIC}-hold`,
    topic: topic.id,
    ackDeadlineSeconds: 600,
    messageRetentionDuration: '2678400s',
    expirationPolicy: { ttl: '' },
  })
  emitGrants(['reminders'], { stack, deployment, declared: new Map([[`${ROTATION_TOPIC}-hold`, hold]]) })
  const secrets = deployment.secrets.map((name) => {
    const secret = new SecretManagerSecret(stack, resourceId('secret', name), {
      secretId: name,
      replication: { userManaged: { replicas: [replica(deployment)] } },
      topics: [{ name: topic.id }],
      // Secret Manager publishes when a secret with a topic is made, so its permission comes first.
      dependsOn: [...reminders],
      rotation: { rotationPeriod: ROTATION, nextRotationTime: Fn.timeadd(Fn.plantimestamp(), FIRST_ROTATION) },
      ...protection(deployment),
      // The first reminder is reckoned from the first apply; later ones are Secret Manager's own business.
      lifecycle: { ...protection(deployment).lifecycle, ignoreChanges: ['rotation[0].next_rotation_time'] },
    })
    return [name, secret] as const
  })
  emitGrants(['secret'], { stack, deployment, declared: new Map(secrets) })
  return stack
}

function replica(deployment: Deployment) {
  const { google, infra } = deployment
  const key = { customerManagedEncryption: { kmsKeyName: keyName('secrets', deployment) } }
  return { location: google.region, ...(infra.encryptionKeys && key) }
}
