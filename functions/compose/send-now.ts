import type { ChannelConfig } from '../config/notify-config.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import { quoteName } from '../lib/foreign-text.ts'
import type { Message } from '../notify/message.ts'
import type { Recipient } from '../notify/ports.ts'
import type { Clock, Log } from '../pipeline/ports.ts'
import { openChannel } from './channels.ts'
import { openSecrets } from './secrets.ts'

/** A message that a person asked for: it goes out at once, and through no outbox. */
export interface Outgoing {
  readonly message: Message
  readonly recipient: Recipient
}

interface Sending {
  readonly project: Project
  readonly clock: Clock
  readonly log: Log
}

/** Sends a message through a channel now. @throws {DaybreakError} CONFIG_MISSING, CHANNEL_REFUSED, CHANNEL_UNREACHABLE. */
export async function sendNow(
  name: string,
  config: ChannelConfig,
  { message, recipient, project, clock, log }: Outgoing & Sending,
): Promise<void> {
  const secrets = await openSecrets(project, { clock, log })
  try {
    const notifier = await openChannel(name, config, { secrets, clock })
    try {
      const id = `test-${message.thread}`
      const { unreached } = await notifier.deliver({ id, message, recipient, thread: null, isCopy: false, only: null })
      for (const { address, why } of unreached)
        throw new DaybreakError('CHANNEL_REFUSED', `channel ${name}: ${quoteName(address)}: ${why}`)
    } finally {
      await notifier.close()
    }
  } finally {
    await secrets.close()
  }
}

/** The same, as an answer to the person who asked for it. */
export async function trySending(
  name: string,
  config: ChannelConfig,
  sending: Outgoing & Sending,
): Promise<{ readonly ok: boolean; readonly message: string }> {
  try {
    await sendNow(name, config, sending)
    return { ok: true, message: `A test was sent through ${name}.` }
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    if (code === 'INTERNAL') throw error
    return { ok: false, message }
  }
}
