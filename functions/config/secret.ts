import { isAbsolute, join } from 'node:path'
import { DaybreakError } from '../errors.ts'
import { diskFiles, type ProjectFiles } from './disk.ts'

const REFERENCE = /^secret:\/\/([A-Za-z0-9][A-Za-z0-9_.-]{0,254})(?:@([A-Za-z0-9][A-Za-z0-9_.-]{0,62}))?$/

/** Secrets by their reference: a path, or `secret://NAME[@VERSION]`. */
export interface SecretReader {
  /**
   * The bytes of a secret, without a line end after them; without a version those of the newest.
   * @throws {DaybreakError} CONFIG_MISSING, CONFIG_INVALID, SECRET_DENIED, SECRET_DISABLED, SECRET_UNREACHABLE.
   */
  read(reference: string): Promise<Uint8Array>
  /**
   * Secrets that may be in use during a rotation, the newest first: the newest version, and the one before it while it is
   * enabled. Of a reference that names its version, that one. Throws as `read` does.
   */
  active(reference: string): Promise<readonly Uint8Array[]>
  close(): Promise<void>
}

/** Places that a secret is read from. */
interface SecretOptions {
  /** Folder of the secrets of this machine: `DAYBREAK_SECRETS_DIR`, else `<home>/secrets`. A Project has it. */
  readonly secretsDir: string
  readonly files?: ProjectFiles
}

/**
 * The bytes of a secret, without a line end after them. `secret://NAME` is the file NAME in the folder of secrets,
 * `secret://NAME@VERSION` the file `NAME@VERSION` there; anything else is the path of a file.
 * @throws {DaybreakError} CONFIG_MISSING when there is no such file or it is empty, CONFIG_INVALID for a malformed reference.
 */
export async function readSecret(reference: string, options: SecretOptions): Promise<Uint8Array> {
  const { files = diskFiles } = options
  const path = secretPath(reference, options)
  const missing = (problem: string, cause?: unknown) =>
    new DaybreakError('CONFIG_MISSING', `${shown(reference)} ${problem}`, { cause })
  const bytes = await files.read(path).catch((cause: unknown) => {
    throw missing(`cannot be read from ${path}: ${reasonOf(cause)}`, cause)
  })
  if (bytes === null)
    throw missing(reference.startsWith('secret://') ? `does not exist; expected it in ${path}` : 'does not exist')
  const content = withoutLineEnd(bytes)
  if (content.length === 0) throw missing('is empty')
  return content
}

/** The file that holds a secret. @throws {DaybreakError} CONFIG_INVALID for a malformed reference. */
export function secretPath(reference: string, { secretsDir }: SecretOptions): string {
  if (!reference.startsWith('secret://')) return reference
  const { name, version } = parseSecret(reference)
  return join(secretsDir, version === undefined ? name : `${name}@${version}`)
}

/** The parts of `secret://NAME[@VERSION]`. @throws {DaybreakError} CONFIG_INVALID for anything else. */
export function parseSecret(reference: string): { readonly name: string; readonly version: string | undefined } {
  const [, name, version] = REFERENCE.exec(reference) ?? []
  if (name !== undefined) return { name, version }
  const message = `"${reference}" is no secret; expected secret://NAME or secret://NAME@VERSION`
  throw new DaybreakError('CONFIG_INVALID', message)
}

/** Code of the file system, e.g. `EACCES`; its message would repeat the path. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}

/** Names a secret in a message. Hides a value that may be the secret itself, written where its path belongs. */
function shown(reference: string): string {
  if (reference.startsWith('secret://')) return `The secret ${reference}`
  return isAbsolute(reference) && reference.length < 200
    ? `The secret file ${reference}`
    : 'A secret file of the configuration'
}

/** The bytes without the line end that editors put behind them. */
export function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 13)) end--
  return bytes.subarray(0, end)
}
