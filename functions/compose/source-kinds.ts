import type { SourceConfig } from '../config/connections.ts'
import { toMilliseconds } from '../config/duration.ts'
import type { Project } from '../config/project.ts'
import type { SecretReader } from '../config/secret.ts'
import type { Clock, Log, SourceConnector } from '../pipeline/ports.ts'
import { googleOf } from './google.ts'

/** Secrets that a source is opened with. */
export interface Secrets {
  /** The newest first; a second one while a rotation lasts. */
  readonly keys: readonly Uint8Array[]
  readonly passphrase: Uint8Array | null
  readonly password: Uint8Array | null
}

/** Project, secrets, clock and log that a source is opened with. */
export interface SourceOpening {
  readonly project: Project
  readonly secrets: Secrets
  readonly clock: Clock
  readonly log: Log
}

/** One kind of source. */
export interface SourceKind<Config extends SourceConfig = SourceConfig> {
  /** The source as an operator calls it. Never holds a secret. */
  nameOf(config: Config): string
  /** False for a source that a new project has and that nothing was filled in for. Default: true. */
  isConfigured?(config: Config): boolean
  /** Reads the secrets of the source again, before each connection. Default: none. */
  readSecrets?(config: Config, secrets: SecretReader): Promise<Secrets>
  /** Loads the package of the source and opens it. No command waits for a package that it does not use. */
  open(config: Config, opening: SourceOpening): Promise<SourceConnector>
}

type SourceKinds = {
  readonly [Kind in SourceConfig['kind']]: SourceKind<Extract<SourceConfig, { readonly kind: Kind }>>
}

/** Every kind of source. */
export const SOURCES: SourceKinds = {
  sftp: {
    nameOf: ({ user, host, port }) => `sftp://${user}@${host}:${port}`,
    isConfigured: ({ host }) => host !== '',
    readSecrets: async ({ privateKey, passphrase, password }, secrets) => ({
      keys: privateKey ? await secrets.active(privateKey) : [],
      passphrase: passphrase ? await secrets.read(passphrase) : null,
      password: password ? await secrets.read(password) : null,
    }),
    async open(config, { secrets, clock, log }) {
      const { openSftpSource } = await import('../adapters/sftp/source.ts')
      const [privateKey, previousKey] = secrets.keys
      return openSftpSource({
        host: config.host,
        port: config.port,
        user: config.user,
        privateKey,
        previousKey,
        ...(secrets.passphrase && { passphrase: Buffer.from(secrets.passphrase).toString('utf8') }),
        ...(secrets.password && { password: Buffer.from(secrets.password).toString('utf8') }),
        hostKeys: config.hostKeys,
        root: config.root,
        connections: config.connections,
        connectTimeout: toMilliseconds(config.connectTimeout),
        inactivityTimeout: toMilliseconds(config.inactivityTimeout),
        minimumRate: config.minimumRate,
        maxFileBytes: config.maxFileBytes,
        attempts: config.attempts,
        clock,
        log,
        random: Math.random,
      })
    },
  },
  folder: {
    nameOf: ({ root }) => root,
    async open(config, { log }) {
      const { openFolderSource } = await import('../adapters/folder/source.ts')
      return openFolderSource({ root: config.root, maxFileBytes: config.maxFileBytes, log })
    },
  },
  s3: {
    nameOf: ({ bucket }) => `s3://${bucket}`,
    readSecrets: async ({ secretAccessKey }, secrets) => ({
      ...{ keys: [], passphrase: null },
      password: await secrets.read(secretAccessKey),
    }),
    async open(config, { secrets, log }) {
      const { openS3Source } = await import('../adapters/s3/source.ts')
      const { bucket, region, endpoint = null, accessKeyId, root, maxFileBytes } = config
      const secretAccessKey = Buffer.from(secrets.password ?? [])
        .toString('utf8')
        .trim()
      return openS3Source({ bucket, region, endpoint, accessKeyId, secretAccessKey, root, maxFileBytes, log })
    },
  },
  gcs: {
    nameOf: ({ bucket }) => `gs://${bucket}`,
    async open(config, { project, clock, log }) {
      const { openGcsSource } = await import('../adapters/gcs/source.ts')
      const { project: id, endpoints } = googleOf(project)
      const { bucket, root, maxFileBytes } = config
      const place = { project: id, endpoint: endpoints?.storage, bucket, root }
      return openGcsSource({ ...place, maxFileBytes, clock, log, random: Math.random })
    },
  },
}
