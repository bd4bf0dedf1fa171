import { allHooks, type Hook } from './hooks-config.ts'
import type { ChannelConfig } from './notify-config.ts'
import type { Project } from './project.ts'

/** Purposes of secrets. Each has a heading in docs/runbooks/rotating-secrets.md. */
export type SecretPurpose =
  | 'sftp-login'
  | 'ledger-password'
  | 'hash-key'
  | 'token-key'
  | 'client-secret'
  | 'session-key'
  | 'channel'
  | 'heartbeat'
  | 'lineage'
  | 'catalog'
  | 'hook'

/** A secret that the configuration names, and its purpose. */
export interface SecretUse {
  readonly reference: string
  readonly purpose: SecretPurpose
  /** For people: `key of the source toast`. */
  readonly label: string
}

/** Pure: every secret that a project names, each reference once. Those that settings of people name are not among them. */
export function secretUsesOf({
  environment,
  notify,
  pipelines,
}: Pick<Project, 'environment' | 'notify' | 'pipelines'>): readonly SecretUse[] {
  const { sources, privacy, ledger, auth, lineage, catalog, hooks } = environment
  const uses = [
    ...Object.entries(sources).flatMap(([name, source]) =>
      source.kind === 'sftp' && source.host !== ''
        ? [
            use(source.privateKey, 'sftp-login', `key of the source ${name}`),
            use(source.passphrase, 'sftp-login', `passphrase of the source ${name}`),
            use(source.password, 'sftp-login', `password of the source ${name}`),
          ]
        : [],
    ),
    use(ledger.kind === 'postgres' ? ledger.password : undefined, 'ledger-password', 'password of the ledger'),
    use(privacy.hashKey, 'hash-key', 'hash key'),
    use(auth === undefined || auth.kind === 'loopback' ? undefined : auth.tokenKey, 'token-key', 'key of API tokens'),
    ...(auth?.kind === 'oidc'
      ? [
          use(auth.signIn?.clientSecret, 'client-secret', 'secret of the sign-in client'),
          use(auth.signIn?.sessionKey, 'session-key', 'key of sessions'),
        ]
      : []),
    ...Object.entries(notify?.channels ?? {}).flatMap(([name, channel]) =>
      channelSecrets(channel).map(([member, reference]) =>
        use(reference, 'channel', `${member} of the channel ${name}`),
      ),
    ),
    use(lineage?.http?.token, 'lineage', 'token of the receiver of lineage'),
    use(catalog?.openmetadata?.token, 'catalog', 'token of OpenMetadata'),
    use(hooks.ca, 'hook', 'certificate of hosts of hooks'),
    ...[...pipelines.values()].flatMap((pipeline) =>
      pipeline.kind === 'table' ? allHooks(pipeline).flatMap((hook) => hookSecrets(hook, pipeline.pipeline)) : [],
    ),
    use(notify?.heartbeat, 'heartbeat', 'address of the heartbeat'),
  ].flat()
  return [...new Map(uses.map((each) => [each.reference, each])).values()]
}

/** Pure: secrets of a channel, by the member that names each. */
export function channelSecrets(channel: ChannelConfig): readonly (readonly [string, string])[] {
  switch (channel.kind) {
    case 'email':
      return [['smtp', channel.smtp]]
    case 'slack':
      return [['token', channel.token]]
    case 'pagerduty':
      return [['key', channel.key], ...(channel.webhook === undefined ? [] : [['webhook', channel.webhook] as const])]
    case 'webhook':
      return [['url', channel.url], ...(channel.signing === undefined ? [] : [['signing', channel.signing] as const])]
  }
}

function hookSecrets(hook: Hook, pipeline: string): readonly (readonly SecretUse[])[] {
  if ('sql' in hook) return []
  const named = 'http' in hook ? [hook.secret, hook.token] : Object.values(hook.secrets)
  return named.map((reference) => use(reference, 'hook', `secret of a hook of ${pipeline}`))
}

function use(reference: string | undefined, purpose: SecretPurpose, label: string): readonly SecretUse[] {
  return reference === undefined ? [] : [{ reference, purpose, label }]
}
