import type { ChannelConfig } from '../config/notify-config.ts'
import type { Project } from '../config/project.ts'
import { toDaybreakError } from '../errors.ts'
import { quoteName } from '../lib/foreign-text.ts'
import { testMessage } from '../notify/message.ts'
import type { Clock, Log } from '../pipeline/ports.ts'
import { openChannel } from './channels.ts'
import { openSecrets } from './secrets.ts'

interface Testing {
  readonly project: Project
  readonly clock: Clock
  readonly log: Log
}

/** Sends one message through a channel that says that it is a test, and gives what became of it. */
export async function sendTest(
  name: string,
  config: ChannelConfig,
  { project, clock, log }: Testing,
): Promise<{ readonly ok: boolean; readonly message: string }> {
  const secrets = await openSecrets(project, { clock, log })
  try {
    const notifier = await openChannel(name, config, { secrets, clock })
    try {
      const message = testMessage({ environment: project.environment.environment, channel: name, at: clock.now() })
      const delivery = { id: `test-${clock.now()}`, message, thread: null, isCopy: false, only: null }
      const { unreached } = await notifier.deliver({ ...delivery, recipient: { kind: 'channel' } })
      const [first] = unreached
      if (first) return { ok: false, message: `${quoteName(first.address)}: ${first.why}` }
      return { ok: true, message: `A test was sent through ${name}.` }
    } finally {
      await notifier.close()
    }
  } catch (error) {
    const { code, message } = toDaybreakError(error)
    if (code === 'INTERNAL') throw error
    return { ok: false, message }
  } finally {
    await secrets.close()
  }
}
