import type { SourceConfig } from '../config/connections.ts'
import { toMilliseconds } from '../config/duration.ts'
import type { Project } from '../config/project.ts'
import type { SecretReader } from '../config/secret.ts'
import { DaybreakError } from '../errors.ts'
import type { Clock, Log, SourceConnector } from '../pipeline/ports.ts'
import { googleOf } from './google.ts'

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

/** False for a server without a host: what a project starts with. */
export function isConfigured(config: SourceConfig): boolean {
  return config.kind !== 'sftp' || config.host !== ''
}

/**
 * A connector that is made when it is first needed, since `status` must work on a machine that has no key; and made anew when
 * its secrets change, so that a key can be rotated while the process runs.
 */
export function openSource(config: SourceConfig, project: Project, options: SourceOptions): SourceConnector {
  let current: { readonly secrets: Secrets; readonly connector: SourceConnector } | null = null
  return {
    name: nameOf(config),
    async connect(signal) {
      if (!isConfigured(config)) throw notConfigured(project)
      const secrets = await readSecrets(config, options.secrets)
      if (current === null || !sameSecrets(current.secrets, secrets))
        current = { secrets, connector: await createConnector(config, { ...options, project, secrets }) }
      return await current.connector.connect(signal)
    },
  }
}

function notConfigured({ environment: { environment } }: Pick<Project, 'environment'>): DaybreakError {
  const message = `no source is configured: config/environments/${environment}.yaml has an empty host`
  return new DaybreakError('CONFIG_MISSING', message, { details: { next: 'daybreak import FOLDER' } })
}

interface Secrets {
  /** The newest first; a second one while a rotation lasts. */
  readonly keys: readonly Uint8Array[]
  readonly passphrase: Uint8Array | null
  readonly password: Uint8Array | null
}

async function readSecrets(config: SourceConfig, secrets: SecretReader): Promise<Secrets> {
  if (config.kind !== 'sftp') return { keys: [], passphrase: null, password: null }
  const { private_key, passphrase, password } = config
  return {
    keys: private_key ? await secrets.active(private_key) : [],
    passphrase: passphrase ? await secrets.read(passphrase) : null,
    password: password ? await secrets.read(password) : null,
  }
}

function sameSecrets(a: Secrets, b: Secrets): boolean {
  const text = ({ keys, passphrase, password }: Secrets) =>
    [...keys, passphrase ?? [], password ?? []].map((each) => Buffer.from(each).toString('base64')).join()
  return text(a) === text(b)
}

interface Making extends Omit<SourceOptions, 'secrets'> {
  readonly project: Project
  readonly secrets: Secrets
}

async function createConnector(
  config: SourceConfig,
  { project, secrets, clock, log }: Making,
): Promise<SourceConnector> {
  if (config.kind === 'folder') {
    const { openFolderSource } = await import('../adapters/folder/source.ts')
    return openFolderSource({ root: config.root, maxFileBytes: config.max_file_bytes, log })
  }
  if (config.kind === 'gcs') {
    const { openGcsSource } = await import('../adapters/gcs/source.ts')
    const { project: id, endpoints } = googleOf(project)
    const { bucket, root, max_file_bytes: maxFileBytes } = config
    const settings = { project: id, endpoint: endpoints?.storage, bucket, root, maxFileBytes }
    return openGcsSource({ ...settings, clock, log, random: Math.random })
  }
  const { openSftpSource } = await import('../adapters/sftp/source.ts')
  const [privateKey, previousKey] = secrets.keys
  const settings = {
    host: config.host,
    port: config.port,
    user: config.user,
    privateKey,
    previousKey,
    ...(secrets.passphrase && { passphrase: Buffer.from(secrets.passphrase).toString('utf8') }),
    ...(secrets.password && { password: Buffer.from(secrets.password).toString('utf8') }),
    hostKeys: config.host_keys,
    root: config.root,
    connections: config.connections,
    connectTimeout: toMilliseconds(config.connect_timeout),
    inactivityTimeout: toMilliseconds(config.inactivity_timeout),
    minimumRate: config.minimum_rate,
    maxFileBytes: config.max_file_bytes,
    attempts: config.attempts,
  }
  return openSftpSource({ ...settings, clock, log, random: Math.random })
}

function nameOf(config: SourceConfig): string {
  if (config.kind === 'sftp') return `sftp://${config.user}@${config.host}:${config.port}`
  return config.kind === 'gcs' ? `gs://${config.bucket}` : config.root
}
