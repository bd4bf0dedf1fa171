/** Server, login and limits, resolved: no paths, no secrets' names, durations in milliseconds. */
export interface SftpSettings {
  readonly host: string
  readonly port: number
  readonly user: string
  /** The bytes of a key file; without one the login is by password. */
  readonly privateKey?: Uint8Array | undefined
  /** The key before it, while a rotation lasts: offered on the same connection when the server refuses the first. */
  readonly previousKey?: Uint8Array | undefined
  readonly passphrase?: string | undefined
  /** For servers that want a password, alone or in addition to the key; also answers a question for it. */
  readonly password?: string | undefined
  /** Accepted host keys: fingerprints, as `ssh-keygen -lf` prints them, or public keys. */
  readonly hostKeys: readonly string[]
  /** Folder that holds one folder per location. A connection is of no use without it. */
  readonly root: string
  /** Connections to this server and user at a time, in this process. */
  readonly connections: number
  /** For name, TCP, handshake, login and subsystem together. */
  readonly connectTimeout: number
  /** A connection that owes an answer and sends none for so long is cut. */
  readonly inactivityTimeout: number
  /** Bytes per second. A file that arrives more slowly is given up until the next look. */
  readonly minimumRate: number
  readonly maxFileBytes: number
  /** Entries of a folder that a listing of files reads. Default: 10,000. */
  readonly maxEntries?: number
  /** Connections tried before `connect` gives up. */
  readonly attempts: number
}

/** The server as an operator would call it: `sftp://user@host:port`. */
export function serverName({ user, host, port }: Pick<SftpSettings, 'user' | 'host' | 'port'>): string {
  return `sftp://${user}@${host}:${port}`
}
