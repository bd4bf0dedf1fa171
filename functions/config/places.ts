import { resolve } from 'node:path'
import type { EnvironmentConfig } from './config.ts'
import type { DestinationConfig, SourceConfig } from './connections.ts'
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

function destination(config: DestinationConfig, absolute: Absolute): DestinationConfig {
  return config.kind === 'duckdb' ? { ...config, path: absolute(config.path) } : config
}

/** Destinations with every path on this disk absolute. */
export function destinationsAt(
  destinations: Readonly<Record<string, DestinationConfig>>,
  base: Base,
): Readonly<Record<string, DestinationConfig>> {
  const absolute = absoluteBelow(base)
  return Object.fromEntries(Object.entries(destinations).map(([name, each]) => [name, destination(each, absolute)]))
}

/** The channels of people with the path of every secret absolute. */
export function notifyAt(config: NotifyConfig, base: Base): NotifyConfig {
  const absolute = absoluteBelow(base)
  const secret = (reference: string) => (reference.startsWith('secret://') ? reference : absolute(reference))
  const channel = (config: ChannelConfig): ChannelConfig => {
    switch (config.kind) {
      case 'email':
        return { ...config, smtp: secret(config.smtp) }
      case 'slack':
        return { ...config, token: secret(config.token) }
      case 'pagerduty':
        return { ...config, key: secret(config.key) }
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
  const secret = (reference: string) => (reference.startsWith('secret://') ? reference : absolute(reference))
  const source = (config: SourceConfig): SourceConfig => {
    if (config.kind === 'folder') return { ...config, root: absolute(config.root) }
    if (config.kind === 'gcs') return config
    const { passphrase, private_key, password } = config
    return {
      ...config,
      ...(private_key && { private_key: secret(private_key) }),
      ...(passphrase && { passphrase: secret(passphrase) }),
      ...(password && { password: secret(password) }),
    }
  }
  const { sources, objects, warehouse, ledger, privacy } = environment
  return {
    ...environment,
    sources: Object.fromEntries(Object.entries(sources).map(([name, config]) => [name, source(config)])),
    objects: objects.kind === 'folder' ? { ...objects, root: absolute(objects.root) } : objects,
    warehouse: destination(warehouse, absolute),
    ledger:
      ledger.kind === 'sqlite'
        ? { ...ledger, path: absolute(ledger.path) }
        : { ...ledger, ...(ledger.password && { password: secret(ledger.password) }) },
    privacy: { ...privacy, hash_key: secret(privacy.hash_key) },
  }
}
