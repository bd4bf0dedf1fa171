import { z } from 'zod'
import { Identifier } from '../contract/contract.ts'
import { yamlObject } from '../lib/yaml-object.ts'
import { Bucket, Duration, Memory, Secret } from './scalars.ts'

const port = (usual: number) =>
  z
    .union([z.int(), z.string()])
    .pipe(z.coerce.number<string | number>().int().min(1).max(65_535))
    .default(usual)
    .describe('TCP port.')

/** A server that speaks SFTP. */
const SftpSource = yamlObject({
  kind: z.literal('sftp').describe('A server that speaks SFTP.'),
  host: z.string().describe('Name or address. Empty while no server is configured.'),
  // A variable is always text.
  port: port(22),
  user: z.string().min(1).describe('Login; Toast names it after the export.'),
  private_key: Secret.optional().describe(
    'Private key in OpenSSH, PEM or PKCS#8 format: a path, or `secret://NAME`. ed25519, RSA or EC.',
  ),
  passphrase: Secret.optional().describe('Opens an encrypted private key.'),
  password: Secret.optional().describe('For a server that wants one, alone or in addition to the key.'),
  host_keys: z
    .array(
      z
        .string()
        .regex(
          /^SHA256:[A-Za-z0-9+/]{43}=?$|(^|\s)(ssh|ecdsa)-[\w-]+\s+AAAA[A-Za-z0-9+/]+=*(\s|$)/,
          'expected `SHA256:` and 43 characters, as `ssh-keygen -lf` prints, or a public key, as `ssh-keyscan` prints',
        ),
    )
    .min(1)
    .describe('Host keys that are accepted, as fingerprints or public keys; two during a rotation.'),
  root: z.string().startsWith('/').default('/').describe('Folder that holds one folder per location.'),
  connections: z.int().min(1).max(32).default(2).describe('Maximum concurrent connections to this server.'),
  connect_timeout: Duration.default('30s').describe('How long a connection may take to be ready.'),
  inactivity_timeout: Duration.default('30s').describe(
    'A transfer without a byte for so long is cut and tried again. A listing may take ten times as long in all.',
  ),
  minimum_rate: z
    .int()
    .min(0)
    .default(4_096)
    .describe('Bytes per second. A file that arrives more slowly is given up until the next look.'),
  minimum_age: Duration.default('2m').describe(
    'A file is read when two looks, so far apart, found it the same. With 0s it is read at once.',
  ),
  max_file_bytes: z.int().min(1).default(268_435_456).describe('A larger file is not read.'),
  attempts: z
    .int()
    .min(1)
    .max(20)
    .default(5)
    .describe('Fresh connections tried before the work goes back to the queue.'),
}).refine(({ privateKey, password }) => privateKey !== undefined || password !== undefined, {
  path: ['private_key'],
  message: 'expected `private_key`, `password`, or both',
})

/** A folder on this disk. */
const FolderSource = yamlObject({
  kind: z.literal('folder').describe('A folder on this disk.'),
  root: z.string().min(1).describe('Folder on this disk with the same layout as the server.'),
  minimum_age: Duration.default('0s').describe(
    'A file is read when two looks, so far apart, found it the same. With 0s it is read at once.',
  ),
  max_file_bytes: z.int().min(1).default(268_435_456).describe('A larger file is not read.'),
})

/** A bucket that receives folders of files. */
const BucketSource = yamlObject({
  kind: z.literal('gcs').describe('A Cloud Storage bucket that receives the same folders: the inbox.'),
  bucket: Bucket.describe('Name of the bucket.'),
  root: z.string().startsWith('/').default('/').describe('Folder in the bucket that holds one folder per location.'),
  minimum_age: Duration.default('0s').describe(
    'A file is read when two looks, so far apart, found it the same. With 0s it is read at once.',
  ),
  max_file_bytes: z.int().min(1).default(268_435_456).describe('A larger file is not read.'),
})

/** A bucket of a store that speaks S3. */
const S3Source = yamlObject({
  kind: z.literal('s3').describe('A bucket of Amazon S3, or of another store that speaks its protocol.'),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket')
    .describe('Name of the bucket.'),
  region: z.string().min(1).default('us-east-1').describe('Region of the bucket.'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .refine((url) => /^https:|^http:\/\/(localhost|127\.|\[::1\])/.test(url), 'expected https, or this machine')
    .optional()
    .describe('Address of a store other than Amazon, e.g. `https://minio.example.com`.'),
  access_key_id: z.string().min(1).describe('Name of the key. Reading needs `s3:GetObject` and `s3:ListBucket`.'),
  secret_access_key: Secret.describe('The key itself.'),
  root: z.string().startsWith('/').default('/').describe('Folder in the bucket.'),
  minimum_age: Duration.default('0s').describe(
    'A file is read when two looks, so far apart, found it the same. With 0s it is read at once.',
  ),
  max_file_bytes: z.int().min(1).default(268_435_456).describe('A larger file is not read.'),
})

/** Kinds of connections that files come from. */
export const SourceConfig = z.discriminatedUnion('kind', [SftpSource, FolderSource, BucketSource, S3Source])
/** A connection that files come from. */
export type SourceConfig = z.infer<typeof SourceConfig>

/** Tables in a DuckDB file. */
export const DuckdbDestination = yamlObject({
  kind: z.literal('duckdb').describe('A DuckDB file.'),
  path: z.string().min(1).describe('The file; made by the first load.'),
  memory_limit: Memory.default('512MB').describe(
    'Most memory that the warehouse takes, with what it caches of its file. It is given back after a second without work.',
  ),
})

/** Tables in BigQuery. */
export const BigqueryDestination = yamlObject({
  kind: z.literal('bigquery').describe('BigQuery. The dataset is named after the pipeline.'),
  location: z
    .string()
    .regex(/^[A-Za-z]{2}$|^[a-z]+-[a-z]+\d{1,2}$/, 'expected a location such as `US` or `us-central1`')
    .describe('Location of the datasets; the buckets must be in the same.'),
  maximum_bytes_billed: z
    .int()
    .min(10_485_760)
    .default(10_737_418_240)
    .describe('Most bytes that one query of a person, or one build of a model, may be billed for.'),
  dollars_per_tib: z
    .number()
    .min(0)
    .default(6.25)
    .describe(
      'Price of a TiB that queries are billed for, in US dollars; 0 under a reservation. Costs and plans are worked out with it.',
    ),
  create_tables: z
    .boolean()
    .default(false)
    .describe(
      'Makes tables and columns that are missing. Otherwise `infra/` makes them, and a load without is an error.',
    ),
})

/** Kinds of connections that tables are loaded into. */
export const DestinationConfig = z.discriminatedUnion('kind', [DuckdbDestination, BigqueryDestination])
/** A connection that tables are loaded into. */
export type DestinationConfig = z.infer<typeof DestinationConfig>

/** Login at a server of tables. */
const LOGIN = {
  user: z.string().min(1).describe('Login. One that only reads is enough for a source.'),
  password: Secret.optional().describe('Password of the login.'),
}

/** How a server of tables proves who it is. */
const TLS = {
  tls: z
    .enum(['verify', 'off'])
    .optional()
    .describe(
      '`verify` wants a certificate that is trusted. Default: `off` for a socket and for this machine, else `verify`.',
    ),
  ca: Secret.optional().describe('Certificate of the authority that signed the one of the server, as PEM.'),
}

/** Tables of a PostgreSQL server. */
const PostgresConnection = yamlObject({
  kind: z.literal('postgres').describe('Tables of a PostgreSQL server, to read and to write.'),
  host: z.string().min(1).describe('Name or address, or the folder of a socket: `/cloudsql/PROJECT:REGION:INSTANCE`.'),
  port: port(5432),
  database: z.string().min(1).describe('Name of the database.'),
  ...LOGIN,
  auth: z
    .enum(['password', 'iam'])
    .default('password')
    .describe('`iam` sends an access token of Google as the password.'),
  ...TLS,
  connections: z.int().min(1).max(32).default(4).describe('Most connections at a time.'),
  connect_timeout: Duration.default('10s').describe('How long a connection may take to be ready.'),
  schema: z.string().min(1).default('public').describe('Schema of tables that are written and that name none.'),
})

/** Tables of a MySQL or MariaDB server. */
const MysqlConnection = yamlObject({
  kind: z.literal('mysql').describe('Tables of a MySQL or MariaDB server, to read and to write.'),
  host: z.string().min(1).describe('Name or address, or the path of a socket.'),
  port: port(3306),
  database: z.string().min(1).describe('Name of the database; tables that are written and that name none are in it.'),
  ...LOGIN,
  ...TLS,
  connect_timeout: Duration.default('10s').describe('How long a connection may take to be ready.'),
  zero_dates: z
    .enum(['reject', 'null'])
    .default('reject')
    .describe('Dates such as `0000-00-00` and `2022-11-00`, which no other system has: rejected rows, or no value.'),
})

/** Tables of a SQLite file. */
const SqliteConnection = yamlObject({
  kind: z.literal('sqlite').describe('Tables of a SQLite file, to read and to write.'),
  path: z.string().min(1).describe('The file. A destination is made by the first load; a source is never changed.'),
})

/** Kinds of connections whose tables pipelines of the kind `table` read, write or both. */
const TableConnection = z.discriminatedUnion('kind', [PostgresConnection, MysqlConnection, SqliteConnection])

/** A place outside of Daybreak, and the secret that opens it. */
export const Connection = z.discriminatedUnion('kind', [
  ...SourceConfig.options,
  ...DestinationConfig.options,
  ...TableConnection.options,
])
/** A place outside of Daybreak, and the secret that opens it. */
export type Connection = z.infer<typeof Connection>

/** A part that a connection may have in a pipeline. */
export type Role = 'source' | 'destination'

interface ConnectionKind<Member extends string = string> {
  /** Parts in pipelines of files. */
  readonly roles: readonly Role[]
  /** Parts in pipelines of tables. Default: none. */
  readonly tables?: readonly Role[]
  /** Members that are paths on this disk: relative ones are relative to the project. */
  readonly paths?: readonly Member[]
  /** Members that name a secret. */
  readonly secrets?: readonly Member[]
}

type ConnectionKinds = {
  readonly [Kind in Connection['kind']]: ConnectionKind<keyof Extract<Connection, { readonly kind: Kind }> & string>
}

/** Every kind of connection. A kind is added here, to the union of its role, and to the kinds of functions/compose. */
const KINDS: ConnectionKinds = {
  sftp: { roles: ['source'], tables: ['source'], secrets: ['privateKey', 'passphrase', 'password'] },
  folder: { roles: ['source'], tables: ['source', 'destination'], paths: ['root'] },
  gcs: { roles: ['source'], tables: ['source', 'destination'] },
  s3: { roles: ['source'], tables: ['source', 'destination'], secrets: ['secretAccessKey'] },
  duckdb: { roles: ['destination'], tables: ['source', 'destination'], paths: ['path'] },
  bigquery: { roles: ['destination'] },
  postgres: { roles: [], tables: ['source', 'destination'], secrets: ['password', 'ca'] },
  mysql: { roles: [], tables: ['source', 'destination'], secrets: ['password', 'ca'] },
  sqlite: { roles: [], tables: ['source', 'destination'], paths: ['path'] },
}

/** Members of a connection that are paths on this disk, with their values. */
export function pathsOf(config: Connection): readonly (readonly [string, string])[] {
  const { paths = [] }: ConnectionKind = KINDS[config.kind]
  return textsOf(config, paths)
}

/** Members of a connection that name a secret, with their values. */
export function secretsOf(config: Connection): readonly (readonly [string, string])[] {
  const { secrets = [] }: ConnectionKind = KINDS[config.kind]
  return textsOf(config, secrets)
}

function textsOf(config: Connection, members: readonly string[]): readonly (readonly [string, string])[] {
  return Object.entries(config).flatMap(([member, value]) =>
    members.includes(member) && typeof value === 'string' && value !== '' ? [[member, value] as const] : [],
  )
}

/** True for a kind whose tables are files: no server answers questions about their rows. */
export function isFileKind(kind: string): boolean {
  return kindsOf('source').includes(kind)
}

/** The kinds that have a role in pipelines of tables. */
export function tableKindsOf(role: Role): readonly string[] {
  return Object.entries<ConnectionKind>(KINDS).flatMap(([kind, { tables }]) => (tables?.includes(role) ? [kind] : []))
}

/** The kinds that have a role. */
export function kindsOf(role: Role): readonly string[] {
  return Object.entries(KINDS).flatMap(([kind, { roles }]) => (roles.includes(role) ? [kind] : []))
}

/** Some members of a connection: they are checked where they complete one. */
export const ConnectionMembers = z.looseObject({
  kind: z.enum(Object.keys(KINDS)).optional().describe('Kind of the connection; decides its other members.'),
})

/** The file config/connections.yaml. */
export const ConnectionsConfig = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  connections: z
    .record(Identifier, Connection)
    .describe('Places that files come from and tables are loaded into, by the name that pipelines use.'),
})
/** The content of config/connections.yaml. */
export type ConnectionsConfig = z.infer<typeof ConnectionsConfig>
