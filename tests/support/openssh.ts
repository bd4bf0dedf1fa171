import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

const SSHD = ['/usr/sbin/sshd', '/usr/bin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path))

/** True if this machine has OpenSSH's server. */
export const hasOpenSsh = SSHD !== undefined

export interface OpenSshOptions {
  /** Lines of `sshd_config` that go before the others, so they win. */
  readonly config?: readonly string[]
  /** The command of the SFTP subsystem; null for a server without one. */
  readonly sftp?: string | null
  /** Host keys that it has, in its order. Default: ed25519 and RSA. */
  readonly hostKeys?: readonly HostKey[]
}

export type HostKey = 'ed25519' | 'rsa' | 'ecdsa'

export interface OpenSsh {
  readonly host: string
  readonly port: number
  readonly user: string
  /** Fingerprints of its host keys. */
  readonly hostKeys: readonly string[]
  /** Fingerprint and public key of each host key that it may have. */
  readonly known: Readonly<Record<HostKey, { readonly fingerprint: string; readonly publicKey: string }>>
  /** Private keys that may log in; the RSA key has the passphrase. */
  readonly ed25519: Uint8Array
  readonly rsa: Uint8Array
  readonly passphrase: string
  /** Log of the server. */
  log(): string
  close(): Promise<void>
}

const PASSPHRASE = 'correct horse'

/** A real OpenSSH server on loopback, with keys of its own, serving this disk. */
export async function startOpenSsh({
  config = [],
  sftp = 'internal-sftp',
  hostKeys = ['ed25519', 'rsa'],
}: OpenSshOptions = {}): Promise<OpenSsh> {
  if (!SSHD) throw new Error('skipped: not present: sshd')
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-sshd-'))
  made ??= makeKeys()
  const keys = made
  for (const [name, text] of Object.entries(keys.files)) await writeFile(join(folder, name), text, { mode: 0o600 })
  // OpenSSH refuses to start as root without this folder.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const { port, sshd, log } = await start(SSHD, folder, [
    ...config,
    ...(sftp === null ? [] : [`Subsystem sftp ${sftp}`]),
    ...hostKeys.map((name) => `HostKey ${join(folder, `host_${name}`)}`),
  ])
  return {
    host: '127.0.0.1',
    port,
    user: userInfo().username,
    hostKeys: hostKeys.map((name) => keys.known[name].fingerprint),
    known: keys.known,
    ed25519: keys.files.client_ed25519!,
    rsa: keys.files.client_rsa!,
    passphrase: PASSPHRASE,
    log,
    async close() {
      const ended = new Promise((resolve) => sshd.once('exit', resolve))
      sshd.kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** sshd takes no port 0, and a free port may be gone when it starts; then another one is tried. */
async function start(path: string, folder: string, config: readonly string[]) {
  for (let attempts = 1; ; attempts++) {
    const port = await freePort()
    await writeFile(join(folder, 'sshd_config'), [...config, ...standardConfig(folder, port), ''].join('\n'))
    const sshd = spawn(path, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] })
    process.once('exit', () => sshd.kill())
    let text = ''
    const listening = new Promise<boolean>((resolve) => {
      sshd.once('exit', () => resolve(false))
      sshd.stderr.setEncoding('utf8').on('data', (more: string) => {
        text += more
        if (text.includes('Server listening')) resolve(true)
      })
    })
    if (await listening) return { port, sshd, log: () => text }
    if (attempts === 5) throw new Error(`sshd did not start: ${text}`)
  }
}

let made: ReturnType<typeof makeKeys> | null = null

/** Once per process: an RSA key takes a second to find. */
function makeKeys() {
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-keys-'))
  const make = (name: string, ...args: string[]) => {
    execFileSync('ssh-keygen', ['-q', '-f', join(folder, name), ...args], { stdio: 'pipe' })
    return execFileSync('ssh-keygen', ['-lf', join(folder, name)], { encoding: 'utf8' }).split(' ')[1]!
  }
  const prints = {
    ed25519: make('host_ed25519', '-t', 'ed25519', '-N', ''),
    rsa: make('host_rsa', '-t', 'rsa', '-b', '2048', '-N', ''),
    ecdsa: make('host_ecdsa', '-t', 'ecdsa', '-b', '256', '-N', ''),
  }
  make('client_ed25519', '-t', 'ed25519', '-N', '')
  make('client_rsa', '-t', 'rsa', '-b', '2048', '-N', PASSPHRASE)
  const read = (name: string) => readFileSync(join(folder, name))
  const files: Record<string, Buffer> = {
    ...Object.fromEntries(
      ['host_ed25519', 'host_rsa', 'host_ecdsa', 'client_ed25519', 'client_rsa'].map((name) => [name, read(name)]),
    ),
    authorized_keys: Buffer.concat([read('client_ed25519.pub'), read('client_rsa.pub')]),
  }
  const knownAs = (name: HostKey) => ({
    fingerprint: prints[name],
    publicKey: read(`host_${name}.pub`).toString('utf8').trim(),
  })
  const known = { ed25519: knownAs('ed25519'), rsa: knownAs('rsa'), ecdsa: knownAs('ecdsa') }
  rmSync(folder, { recursive: true })
  return { known, files }
}

function standardConfig(folder: string, port: number): readonly string[] {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `PidFile ${join(folder, 'sshd.pid')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    'LogLevel VERBOSE',
    'MaxStartups 100',
  ]
}
