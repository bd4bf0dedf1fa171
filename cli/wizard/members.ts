/** A member of a new connection that is asked for. */
export interface MemberQuestion {
  readonly member: string
  readonly message: string
  readonly otherwise?: string
  /** True where a connection may be without it. */
  readonly isOptional?: true
  readonly isSecret?: true
}

const LOGIN: readonly MemberQuestion[] = [
  { member: 'user', message: 'Login' },
  { member: 'password', message: 'Secret with its password; empty for none', isOptional: true, isSecret: true },
]
const DATABASE: MemberQuestion = { member: 'database', message: 'Database' }
const HOST: MemberQuestion = { member: 'host', message: 'Host, or the folder of its socket', otherwise: 'localhost' }

/** Members that a connection of each kind needs. */
export const QUESTIONS: Readonly<Record<string, readonly MemberQuestion[]>> = {
  postgres: [HOST, { member: 'port', message: 'Port', otherwise: '5432' }, DATABASE, ...LOGIN],
  mysql: [HOST, { member: 'port', message: 'Port', otherwise: '3306' }, DATABASE, ...LOGIN],
  sqlite: [{ member: 'path', message: 'File, from the folder of the project' }],
  duckdb: [{ member: 'path', message: 'File, from the folder of the project', otherwise: 'lake.duckdb' }],
  folder: [{ member: 'root', message: 'Folder, from the folder of the project', otherwise: 'data' }],
  sftp: [
    { member: 'host', message: 'Host' },
    { member: 'port', message: 'Port', otherwise: '22' },
    { member: 'user', message: 'Login' },
    {
      member: 'private_key',
      message: 'Secret with the private key; empty for a password',
      isOptional: true,
      isSecret: true,
    },
    { member: 'password', message: 'Secret with the password; empty for none', isOptional: true, isSecret: true },
    { member: 'host_keys', message: 'Host key, as ssh-keyscan or ssh-keygen -lf prints it' },
    { member: 'root', message: 'Folder on the server', otherwise: '/' },
  ],
  gcs: [{ member: 'bucket', message: 'Bucket' }],
  s3: [
    { member: 'bucket', message: 'Bucket' },
    { member: 'region', message: 'Region', otherwise: 'us-east-1' },
    { member: 'endpoint', message: 'Address of a store other than Amazon; empty for Amazon', isOptional: true },
    { member: 'access_key_id', message: 'Name of the key' },
    { member: 'secret_access_key', message: 'Secret with the key', isSecret: true },
  ],
}

/** Names of the kinds, in the order in which they are offered. */
export const LABELS: Readonly<Record<string, string>> = {
  ...{ postgres: 'PostgreSQL', mysql: 'MySQL or MariaDB', sqlite: 'SQLite file', duckdb: 'DuckDB file' },
  ...{ folder: 'Folder of files', sftp: 'Files over SFTP', gcs: 'Bucket of Cloud Storage', s3: 'Bucket of S3' },
}
