import { createServer, type Socket } from 'node:net'
import ssh2, { type Algorithms, type Attributes, type AuthContext, type SFTPWrapper } from 'ssh2'
import { makeKeyPair, parseKey } from '../../cli/dev/sftp-keys.ts'
import { fingerprint } from '../../functions/adapters/sftp/host-keys.ts'

const { STATUS_CODE } = ssh2.utils.sftp
const FILE = 0o100644
const FOLDER = 0o040755

/** A file that behaves as scripted. Without a script it is what `bytes` says, full of `A`. */
export interface FaultFile {
  readonly bytes: number
  /** Attributes of the nth question about it (listing, fstat, lstat), counted from 1. */
  readonly stat?: (nth: number) => Partial<Attributes>
  /** How many bytes the server has of it; the listing may say otherwise. */
  readonly has?: () => number
  /** Answers no read from this offset on. */
  readonly stallAt?: number
  /** Answers with at most so many bytes. */
  readonly shortReads?: number
  /** Milliseconds before each answer to READ. */
  readonly delay?: number
  /** Contents instead of `A`. */
  readonly content?: Uint8Array
  /** Status that OPEN, READ or LSTAT of it is answered with. */
  readonly refuses?: { readonly open?: number; readonly read?: number; readonly stat?: number }
  /** Ends the connection when it is opened. */
  readonly breaks?: boolean
}

/** One answer to READDIR. */
export type FaultAnswer = 'stall' | 'fail' | readonly FaultEntry[]

export interface FaultEntry {
  readonly name: string
  readonly attrs?: Partial<Attributes>
  /** Sent without attributes, as the protocol allows. */
  readonly bare?: boolean
}

export interface FaultScript {
  readonly files?: Readonly<Record<string, FaultFile>>
  /** Answers of each folder, in order; then the end of the listing. */
  readonly folders?: Readonly<Record<string, readonly FaultAnswer[]>>
  /** Milliseconds before each answer to READDIR. */
  readonly listDelay?: number
  /** Status that OPENDIR answers for a folder. */
  readonly refuses?: Readonly<Record<string, number>>
  readonly mayLogIn?: boolean
  /** Judges a login instead of `mayLogIn`. */
  readonly login?: (attempt: AuthContext) => void
  /** Shown before the login. */
  readonly banner?: string
  /** Connections at a time; more are closed at once. */
  readonly maxConnections?: number
  /** Never answers the request for the SFTP subsystem. */
  readonly silentSubsystem?: boolean
  readonly algorithms?: Algorithms
}

export interface FaultSftp {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly hostKeys: readonly string[]
  readonly privateKey: Uint8Array
  /** Events so far. */
  readonly seen: { connections: number; open: number; mostOpen: number; logins: number; opens: number; bytes: number }
  /** Ends all connections as a crash of the server would. */
  cutAll(): void
  close(): Promise<void>
}

/** An SFTP server on loopback that misbehaves as scripted. */
export async function startFaultSftp(script: FaultScript): Promise<FaultSftp> {
  const hostKey = makeKeyPair('host')
  const clientKey = makeKeyPair('client')
  const seen = { connections: 0, open: 0, mostOpen: 0, logins: 0, opens: 0, bytes: 0 }
  const sockets = new Set<Socket>()
  const algorithms = script.algorithms === undefined ? {} : { algorithms: script.algorithms }
  const ssh = new ssh2.Server(
    { hostKeys: [hostKey.privateKey], ...(script.banner && { banner: script.banner }), ...algorithms },
    (connection) => {
      connection.on('error', () => undefined)
      connection.on('authentication', (attempt) => {
        seen.logins++
        if (script.login) script.login(attempt)
        else if (script.mayLogIn === false) attempt.reject(['publickey'])
        else attempt.accept()
      })
      connection.on('session', (accept) => {
        accept().on('sftp', (acceptSftp) => {
          if (!script.silentSubsystem) misbehave(acceptSftp(), script, { seen, cut: () => connection.end() })
        })
      })
    },
  )
  const server = createServer({ noDelay: true }, (socket) => {
    seen.connections++
    socket.on('error', () => undefined)
    if (seen.open >= (script.maxConnections ?? 100)) return socket.destroy()
    sockets.add(socket)
    seen.mostOpen = Math.max(seen.mostOpen, ++seen.open)
    socket.once('close', () => {
      seen.open--
      sockets.delete(socket)
    })
    ssh.injectSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    host: '127.0.0.1',
    port: typeof address === 'object' && address ? address.port : 0,
    user: 'toast',
    hostKeys: [fingerprint(parseKey(hostKey.publicKey)!.getPublicSSH())],
    privateKey: Buffer.from(clientKey.privateKey),
    seen,
    cutAll,
    async close() {
      cutAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Server {
  readonly seen: FaultSftp['seen']
  /** Ends the connection. */
  readonly cut: () => void
}

function misbehave(sftp: SFTPWrapper, script: FaultScript, { seen, cut }: Server): void {
  const files = new Map(Object.entries(script.files ?? {}))
  const asked = new Map<string, number>()
  const handles: { path: string; answers: FaultAnswer[] }[] = []
  const open = (id: number, path: string, answers: readonly FaultAnswer[] = []) => {
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(handles.push({ path, answers: [...answers] }) - 1)
    sftp.handle(id, handle)
  }
  const at = (handle: Buffer) => handles[handle.readUInt32BE()]!
  const stat = (id: number, path: string) => {
    const file = files.get(path)
    if (script.folders?.[path]) return sftp.attrs(id, attributes(aFolder))
    if (!file) return sftp.status(id, STATUS_CODE.NO_SUCH_FILE)
    if (file.refuses?.stat !== undefined) return sftp.status(id, file.refuses.stat)
    asked.set(path, (asked.get(path) ?? 0) + 1)
    sftp.attrs(id, attributes({ size: file.bytes, ...file.stat?.(asked.get(path)!) }))
  }
  sftp.on('OPENDIR', (id, path) => {
    const refusal = script.refuses?.[path]
    const answers = script.folders?.[path]
    if (refusal !== undefined) sftp.status(id, refusal)
    else if (answers) open(id, path, answers)
    else sftp.status(id, STATUS_CODE.NO_SUCH_FILE)
  })
  sftp.on('READDIR', (id, handle) => {
    const answer = at(handle).answers.shift()
    if (answer === 'stall') return
    if (answer === 'fail') return sftp.status(id, STATUS_CODE.FAILURE)
    if (!answer) return sftp.status(id, STATUS_CODE.EOF)
    if (script.listDelay === undefined) sftp.name(id, answer.map(toEntry))
    else setTimeout(() => sftp.name(id, answer.map(toEntry)), script.listDelay).unref()
  })
  sftp.on('OPEN', (id, path) => {
    seen.opens++
    const file = files.get(path)
    if (file?.breaks) return cut()
    if (file?.refuses?.open !== undefined) sftp.status(id, file.refuses.open)
    else if (file) open(id, path)
    else sftp.status(id, STATUS_CODE.NO_SUCH_FILE)
  })
  sftp.on('STAT', stat).on('LSTAT', stat)
  sftp.on('FSTAT', (id, handle) => stat(id, at(handle).path))
  sftp.on('READ', (id, handle, offset, length) => {
    const file = files.get(at(handle).path)!
    if (file.stallAt !== undefined && offset >= file.stallAt) return
    if (file.refuses?.read !== undefined) return sftp.status(id, file.refuses.read)
    const end = Math.min(offset + Math.min(length, file.shortReads ?? length), file.has?.() ?? file.bytes)
    if (end <= offset) return sftp.status(id, STATUS_CODE.EOF)
    seen.bytes += end - offset
    const answer = () =>
      sftp.data(id, Buffer.from(file.content?.subarray(offset, end) ?? Buffer.alloc(end - offset, 'A')))
    if (file.delay === undefined) answer()
    else setTimeout(answer, file.delay).unref()
  })
  sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK))
}

function toEntry({ name, attrs, bare }: FaultEntry) {
  return { filename: name, longname: name, attrs: bare ? ({} as never) : attributes(attrs ?? {}) }
}

/** 2026-01-02T00:00Z, in the protocol's seconds. */
export const MODIFIED = 1_767_312_000

function attributes(changes: Partial<Attributes>): Attributes {
  return { mode: FILE, uid: 0, gid: 0, size: 0, atime: 0, mtime: MODIFIED, ...changes }
}

/** Attributes of a folder in a listing. */
export const aFolder: Partial<Attributes> = { mode: FOLDER }
/** Attributes of a link in a listing. */
export const aLink: Partial<Attributes> = { mode: 0o120777 }
