import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import ssh2, { type AuthContext, type Connection, type ParsedKey } from 'ssh2'
import { DaybreakError } from '../../functions/errors.ts'
import { serveFolder } from './sftp-folder.ts'
import { parseKey } from './sftp-keys.ts'

/** Folder, port and keys of a server. */
interface SftpServerOptions {
  /** Folder that is served, read-only, as `/`. */
  readonly root: string
  /** 0 takes any free port. */
  readonly port: number
  readonly user: string
  /** Private key of the server, OpenSSH format. */
  readonly hostKey: string
  /** The one public key that may log in, OpenSSH format. */
  readonly clientKey: string
}

/** Server that listens on this machine. */
export interface SftpServer {
  readonly host: string
  readonly port: number
  /** As `ssh-keygen -lf` prints it. */
  readonly hostKeyFingerprint: string
  /** Ends all connections and frees the port. */
  close(): Promise<void>
}

const HOST = '127.0.0.1'

/** A real SFTP server over a folder of this disk, for demos and practice: loopback only, one user, one key, nothing to write. */
export async function startSftpServer(options: SftpServerOptions): Promise<SftpServer> {
  const realRoot = await realpath(options.root)
  const allowed = readKey(options.clientKey)
  const connections = new Set<Connection>()
  const ssh = new ssh2.Server({ hostKeys: [options.hostKey] }, (connection) => {
    connections.add(connection)
    connection.on('close', () => connections.delete(connection))
    // A client that breaks off is its own affair.
    connection.on('error', () => undefined)
    connection.on('authentication', (attempt) => {
      if (mayLogIn(attempt, { user: options.user, allowed })) attempt.accept()
      else attempt.reject(['publickey'])
    })
    connection.on('session', (accept) => accept().on('sftp', (acceptSftp) => serveFolder(acceptSftp(), realRoot)))
  })
  // A listener of our own, because ssh2's leaves Nagle's algorithm on.
  const server = createServer({ noDelay: true }, (socket) => ssh.injectSocket(socket))
  const port = await listen(server, options.port)
  return {
    host: HOST,
    port,
    hostKeyFingerprint: fingerprint(readKey(options.hostKey)),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const connection of connections) connection.end()
      await closed
    },
  }
}

function mayLogIn(attempt: AuthContext, { user, allowed }: { user: string; allowed: ParsedKey }): boolean {
  if (attempt.method !== 'publickey' || attempt.username !== user) return false
  if (!attempt.key.data.equals(allowed.getPublicSSH())) return false
  // Without a signature the client only asks whether the key is worth signing with.
  if (!attempt.signature || !attempt.blob) return true
  return allowed.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: Error) => {
      reject(new DaybreakError('USAGE_INVALID', `cannot listen on ${HOST}:${port}: ${error.message}`, { cause: error }))
    })
    server.listen(port, HOST, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function readKey(text: string): ParsedKey {
  const key = parseKey(text)
  if (key) return key
  throw new DaybreakError('CONFIG_INVALID', 'cannot read a key of the SFTP server: it is not in OpenSSH format')
}

function fingerprint(key: ParsedKey): string {
  return `SHA256:${createHash('sha256').update(key.getPublicSSH()).digest('base64').replace(/=+$/, '')}`
}
