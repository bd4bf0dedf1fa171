interface Server {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly root: string
  /** Path of the private key that may log in. */
  readonly privateKey: string
  readonly hostKeyFingerprint: string
  /** Folder of the keys. */
  readonly home: string
}

/** How to reach the server: with OpenSSH's client, and with Daybreak (`config/environments/local.yaml` reads the variables). */
export function connectionHelp(server: Server): string {
  const { host, port, user, root, privateKey, home } = server
  const known = `${home}/known_hosts`
  return `${[
    `# Serving ${root} read-only at sftp://${user}@${host}:${port}; Ctrl-C ends it.`,
    `# sftp -P ${port} -i ${quote(privateKey)} -o UserKnownHostsFile=${quote(known)} -o StrictHostKeyChecking=accept-new ${user}@${host}`,
    ...Object.entries(sftpVariables(server)).map(([name, value]) => `export ${name}=${quote(value)}`),
  ].join('\n')}\n`
}

/** The environment variables that point the SFTP source of the local environment at a server. */
function sftpVariables(server: Omit<Server, 'root' | 'home'>): Readonly<Record<string, string>> {
  return {
    DAYBREAK_SFTP_HOST: server.host,
    DAYBREAK_SFTP_PORT: String(server.port),
    DAYBREAK_SFTP_USER: server.user,
    DAYBREAK_SFTP_KEY: server.privateKey,
    DAYBREAK_SFTP_FINGERPRINT: server.hostKeyFingerprint,
  }
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
