import { createHmac } from 'node:crypto'

interface Signed {
  readonly id: string
  readonly seconds: number
  readonly body: string
}

/** Headers of Standard Webhooks: the signature is `v1,` and the HMAC in base64. Without a key there is none. */
export function signatureHeaders(key: string | null, { id, seconds, body }: Signed): Readonly<Record<string, string>> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(seconds) }
  if (key === null) return headers
  const secret = key.startsWith('whsec_') ? Buffer.from(key.slice('whsec_'.length), 'base64') : Buffer.from(key, 'utf8')
  const signature = createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64')
  return { ...headers, 'webhook-signature': `v1,${signature}` }
}
