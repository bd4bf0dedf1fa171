import type { ChannelConfig } from '../config/notify-config.ts'
import type { SecretReader } from '../config/secret.ts'
import type { Notifier } from '../notify/ports.ts'
import type { Clock } from '../pipeline/ports.ts'

/** Secrets and clock that channels are opened with. */
export interface ChannelPorts {
  readonly secrets: Pick<SecretReader, 'read'>
  readonly clock: Clock
}

/**
 * Opens one channel of config/notify.yaml. Its secrets are read now, so a rotated one is used by the next opening.
 * @throws {DaybreakError} CONFIG_MISSING for a secret that does not exist, CHANNEL_REFUSED for one that holds no address.
 */
export async function openChannel(
  name: string,
  config: ChannelConfig,
  { secrets, clock }: ChannelPorts,
): Promise<Notifier> {
  const read = async (reference: string) => new TextDecoder().decode(await secrets.read(reference)).trim()
  switch (config.kind) {
    case 'email': {
      const { openSmtpNotifier } = await import('../adapters/smtp/notifier.ts')
      const { from, to, tls } = config
      return openSmtpNotifier({ name, url: await read(config.smtp), from, to, tls })
    }
    case 'slack': {
      const { openSlackNotifier } = await import('../adapters/slack/notifier.ts')
      const { channel, endpoint } = config
      return openSlackNotifier({ name, token: await read(config.token), channel, endpoint, clock })
    }
    case 'pagerduty': {
      const { openPagerdutyNotifier } = await import('../adapters/pagerduty/notifier.ts')
      return openPagerdutyNotifier({ name, key: await read(config.key), endpoint: config.endpoint })
    }
    case 'webhook': {
      const { openWebhookNotifier } = await import('../adapters/webhook/notifier.ts')
      const signing = config.signing === undefined ? null : await read(config.signing)
      return openWebhookNotifier({ name, url: await read(config.url), signing, clock })
    }
  }
}
