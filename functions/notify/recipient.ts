import type { PersonConfig } from '../config/notify-config.ts'
import type { Recipient } from './ports.ts'

/** A person as a channel reaches them. */
export function toRecipient({ name, email, slack }: Pick<PersonConfig, 'name' | 'email' | 'slack'>): Recipient {
  return { kind: 'person', name, ...(email !== undefined && { email }), ...(slack !== undefined && { slack }) }
}
