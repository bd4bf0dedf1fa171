import type { Deployment } from '../deployment.ts'
import { type Agent, deadLetterTopic, type Key, keyName, nameOf, pushSubscription, ROTATION_TOPIC } from '../names.ts'
import { type Grant, granting } from './grant.ts'
import { topicsOf } from './senders.ts'

/** Permissions of Google's own accounts in the project, in addition to those that Google grants. */
export function agentGrants(deployment: Deployment): readonly Grant[] {
  const { topics } = deployment
  const { agent } = granting(deployment)
  const publisher = 'roles/pubsub.publisher'
  return [
    ...Object.values(topics).flatMap((topic) => deadLetterGrants(topic, deployment)),
    agent('pubsub', 'roles/iam.serviceAccountTokenCreator', { kind: 'account', name: 'push' }, 'signs tokens as it'),
    ...topicsOf('scheduler', deployment).map(({ name, why }) =>
      agent('scheduler', publisher, { kind: 'topic', name }, why),
    ),
    agent('storage', publisher, { kind: 'topic', name: topics.file_arrival }, 'tells of files in the inbox'),
    agent('secrets', publisher, { kind: 'reminder', name: ROTATION_TOPIC }, 'reminds of rotations'),
    agent(
      'logging',
      'roles/storage.objectCreator',
      { kind: 'bucket', name: deployment.infra.logsBucket },
      'keeps audit logs',
    ),
    ...(deployment.infra.people.length > 0 ? [iapGrant(deployment)] : []),
    ...(deployment.infra.encryptionKeys ? keyGrants(deployment) : []),
  ]
}

/** IAP calls the API as itself, for those whom it let pass. */
function iapGrant(deployment: Deployment): Grant {
  const { agent } = granting(deployment)
  return agent(
    'iap',
    'roles/run.invoker',
    { kind: 'service', name: nameOf('api') },
    'calls the API for those who passed',
  )
}

/** Without both, Pub/Sub neither counts attempts nor forwards: a poison message is delivered for ever. */
function deadLetterGrants(topic: string, deployment: Deployment): readonly Grant[] {
  const { agent } = granting(deployment)
  return [
    agent(
      'pubsub',
      'roles/pubsub.publisher',
      { kind: 'topic', name: deadLetterTopic(topic) },
      'forwards what failed too often',
    ),
    agent(
      'pubsub',
      'roles/pubsub.subscriber',
      { kind: 'subscription', name: pushSubscription(topic) },
      'takes what it forwarded off the subscription',
    ),
  ]
}

const KEY_USERS: Readonly<Record<Key, Agent>> = {
  objects: 'storage',
  warehouse: 'bigquery',
  messages: 'pubsub',
  secrets: 'secrets',
  ledger: 'sql',
  images: 'registry',
}

function keyGrants(deployment: Deployment): readonly Grant[] {
  const { agent } = granting(deployment)
  const role = 'roles/cloudkms.cryptoKeyEncrypterDecrypter'
  return Object.entries(KEY_USERS).map(([key, who]) =>
    agent(who, role, { kind: 'key', name: keyName(asKey(key), deployment) }, 'encrypts and decrypts what it stores'),
  )
}

function asKey(name: string): Key {
  const keys: readonly Key[] = ['objects', 'warehouse', 'messages', 'secrets', 'ledger', 'images']
  const key = keys.find((each) => each === name)
  if (!key) throw new TypeError(`${name} is no key`)
  return key
}
