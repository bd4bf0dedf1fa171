import type { NodemailerError } from 'nodemailer'
import { DaybreakError } from '../../errors.ts'
import type { Unreached } from '../../notify/ports.ts'

/** An address that the relay did not take, while it took others. */
export function toUnreached({ recipient = '', responseCode = 0 }: NodemailerError): Unreached {
  return { address: recipient, isFinal: responseCode >= 500, why: `the relay answered ${responseCode}` }
}

/** Failure of a delivery as ours. Text of a relay may quote user and address, so the message has only its numbers. */
export function toChannelError(name: string, error: unknown): DaybreakError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'the connection broke'
  const status = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0
  const why = status > 0 ? `the relay answered ${status} (${code})` : `the relay cannot be reached: ${code}`
  const isFinal = status >= 500 || (status === 0 && FINAL.includes(code))
  return new DaybreakError(isFinal ? 'CHANNEL_REFUSED' : 'CHANNEL_UNREACHABLE', `channel ${name}: ${why}`, {
    details: { channel: name, answered: status > 0 },
  })
}

// Codes of nodemailer without an answer of the relay.
const FINAL = ['ETLS', 'EAUTH', 'EENVELOPE', 'EMESSAGE', 'ECONFIG', 'ENOAUTH']

/** A failure that no later try mends. */
export function refused(channel: string, why: string): DaybreakError {
  return new DaybreakError('CHANNEL_REFUSED', `channel ${channel}: ${why}`, { details: { channel } })
}
