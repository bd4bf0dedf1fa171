import { KmsCryptoKey } from '@cdktf/provider-google/lib/kms-crypto-key/index.js'
import { KmsKeyRing } from '@cdktf/provider-google/lib/kms-key-ring/index.js'
import type { App, TerraformStack } from 'cdktf'
import type { Deployment } from '../deployment.ts'
import { emitGrants } from '../emit-grants.ts'
import { KEY_RING, KEYS, keyName } from '../names.ts'
import { createStack, protection, resourceId } from '../stack.ts'

/** Own encryption keys, one per service, changed every 90 days. Only where the environment wants them. */
export function keysStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'keys', deployment)
  const ring = new KmsKeyRing(stack, 'ring', { name: KEY_RING, location: deployment.google.region })
  const keys = KEYS.map((key) => {
    const declared = new KmsCryptoKey(stack, resourceId('key', key), {
      name: key,
      keyRing: ring.id,
      purpose: 'ENCRYPT_DECRYPT',
      rotationPeriod: '7776000s',
      // A destroyed key is a destroyed bucket; thirty days to notice.
      destroyScheduledDuration: '2592000s',
      ...protection(deployment),
    })
    return [keyName(key, deployment), declared] as const
  })
  emitGrants(['key'], { stack, deployment, declared: new Map(keys) })
  return stack
}
