import { resolve } from 'node:path'
import type { EnvironmentConfig, SourceConfig } from './config.ts'

interface Base {
  readonly projectDir: string
  /** Home folder of the user, for `~/`. */
  readonly home: string | undefined
}

/** The environment with every path on this disk absolute: relative ones are relative to the project, wherever one stands. */
export function withAbsolutePaths(environment: EnvironmentConfig, { projectDir, home }: Base): EnvironmentConfig {
  const absolute = (path: string) =>
    resolve(projectDir, path.startsWith('~/') && home ? resolve(home, path.slice(2)) : path)
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
    warehouse: warehouse.kind === 'duckdb' ? { ...warehouse, path: absolute(warehouse.path) } : warehouse,
    ledger:
      ledger.kind === 'sqlite'
        ? { ...ledger, path: absolute(ledger.path) }
        : { ...ledger, ...(ledger.password && { password: secret(ledger.password) }) },
    privacy: { ...privacy, hash_key: secret(privacy.hash_key) },
  }
}
