import { resolve } from 'node:path'
import type { AuthConfig } from './auth-config.ts'
import type { EnvironmentConfig } from './config.ts'
import { type Connection, pathsOf, secretsOf } from './connections.ts'
import type { ChannelConfig, NotifyConfig } from './notify-config.ts'

interface Base {
  readonly projectDir: string
  /** Home folder of the user, for `~/`. */
  readonly home: string | undefined
}

type Absolute = (path: string) => string

function absoluteBelow({ projectDir, home }: Base): Absolute {
  return (path) => resolve(projectDir, path.startsWith('~/') && home ? resolve(home, path.slice(2)) : path)
}

function located<Config extends Connection>(config: Config, absolute: Absolute): Config {
  return {
    ...config,
    ...Object.fromEntries(pathsOf(config).map(([member, path]) => [member, absolute(path)])),
    ...Object.fromEntries(secretsOf(config).map(([member, secret]) => [member, locatedSecret(secret, absolute)])),
  }
}

function locatedSecret(reference: string, absolute: Absolute): string {
  return reference.startsWith('secret://') ? reference : absolute(reference)
}

/** Connections with every path on this disk absolute. */
export function connectionsAt<Config extends Connection>(
  connections: Readonly<Record<string, Config>>,
  base: Base,
): Readonly<Record<string, Config>> {
  const absolute = absoluteBelow(base)
  return Object.fromEntries(Object.entries(connections).map(([name, each]) => [name, located(each, absolute)]))
}

/** The channels of people with the path of every secret absolute. */
export function notifyAt(config: NotifyConfig, base: Base): NotifyConfig {
  const absolute = absoluteBelow(base)
  const secret = (reference: string) => locatedSecret(reference, absolute)
  const channel = (config: ChannelConfig): ChannelConfig => {
    switch (config.kind) {
      case 'email':
        return { ...config, smtp: secret(config.smtp) }
      case 'slack':
        return { ...config, token: secret(config.token) }
      case 'pagerduty':
        return { ...config, key: secret(config.key), ...(config.webhook && { webhook: secret(config.webhook) }) }
      case 'webhook':
        return { ...config, url: secret(config.url), ...(config.signing && { signing: secret(config.signing) }) }
    }
  }
  return {
    ...config,
    channels: Object.fromEntries(Object.entries(config.channels).map(([name, each]) => [name, channel(each)])),
    ...(config.heartbeat && { heartbeat: secret(config.heartbeat) }),
  }
}

/** The environment with every path on this disk absolute: relative ones are relative to the project, wherever one stands. */
export function withAbsolutePaths(environment: EnvironmentConfig, { projectDir, home }: Base): EnvironmentConfig {
  const absolute = absoluteBelow({ projectDir, home })
  const secret = (reference: string) => locatedSecret(reference, absolute)
  const { sources, objects, warehouse, ledger, privacy, auth } = environment
  return {
    ...environment,
    sources: Object.fromEntries(Object.entries(sources).map(([name, config]) => [name, located(config, absolute)])),
    objects: objects.kind === 'folder' ? { ...objects, root: absolute(objects.root) } : objects,
    warehouse: located(warehouse, absolute),
    ledger:
      ledger.kind === 'sqlite'
        ? { ...ledger, path: absolute(ledger.path) }
        : { ...ledger, ...(ledger.password && { password: secret(ledger.password) }) },
    privacy: { ...privacy, hashKey: secret(privacy.hashKey) },
    ...(auth && { auth: locatedAuth(auth, secret) }),
  }
}

function locatedAuth(auth: AuthConfig, secret: (reference: string) => string): AuthConfig {
  if (auth.kind === 'loopback') return auth
  const common = auth.tokenKey && { tokenKey: secret(auth.tokenKey) }
  if (auth.kind === 'iap' || auth.signIn === undefined) return { ...auth, ...common }
  const { clientSecret, sessionKey } = auth.signIn
  const keys = { sessionKey: secret(sessionKey), ...(clientSecret && { clientSecret: secret(clientSecret) }) }
  return { ...auth, ...common, signIn: { ...auth.signIn, ...keys } }
}
