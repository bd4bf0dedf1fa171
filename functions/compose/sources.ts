import type { SourceConfig } from '../config/connections.ts'
import type { Project } from '../config/project.ts'
import type { SecretReader } from '../config/secret.ts'
import { DaybreakError } from '../errors.ts'
import type { Clock, Log, SourceConnector } from '../pipeline/ports.ts'
import { type Secrets, SOURCES, type SourceKind } from './source-kinds.ts'

/** Clock, log and secrets that a source is opened with. */
interface SourceOptions {
  readonly secrets: SecretReader
  readonly clock: Clock
  readonly log: Log
}

/** The source of that name in the environment. @throws {DaybreakError} CONFIG_MISSING. */
export function sourceConfig({ environment }: Project, source: string): SourceConfig {
  const config = environment.sources[source]
  if (config) return config
  throw new DaybreakError(
    'CONFIG_MISSING',
    `environment ${environment.environment} has no source ${JSON.stringify(source)}`,
  )
}

function kindOf({ kind }: SourceConfig): SourceKind {
  return SOURCES[kind]
}

/** False for a server without a host: what a project starts with. */
export function isConfigured(config: SourceConfig): boolean {
  return kindOf(config).isConfigured?.(config) ?? true
}

const NO_SECRETS: Secrets = { keys: [], passphrase: null, password: null }

/**
 * A connector that is made when it is first needed, since `status` must work on a machine that has no key; and made again when
 * its secrets change, so that a key can be rotated while the process runs.
 */
export function openSource(config: SourceConfig, project: Project, options: SourceOptions): SourceConnector {
  const kind = kindOf(config)
  let current: { readonly secrets: Secrets; readonly connector: SourceConnector } | null = null
  return {
    name: kind.nameOf(config),
    async connect(signal) {
      if (!isConfigured(config)) throw notConfigured(project)
      const secrets = (await kind.readSecrets?.(config, options.secrets)) ?? NO_SECRETS
      if (current === null || !sameSecrets(current.secrets, secrets))
        current = { secrets, connector: await kind.open(config, { ...options, project, secrets }) }
      return await current.connector.connect(signal)
    },
  }
}

function notConfigured({ environment: { environment } }: Pick<Project, 'environment'>): DaybreakError {
  const message = `no source is configured: config/environments/${environment}.yaml has an empty host`
  return new DaybreakError('CONFIG_MISSING', message, { details: { next: 'daybreak import FOLDER' } })
}

function sameSecrets(a: Secrets, b: Secrets): boolean {
  const text = ({ keys, passphrase, password }: Secrets) =>
    [...keys, passphrase ?? [], password ?? []].map((each) => Buffer.from(each).toString('base64')).join()
  return text(a) === text(b)
}
