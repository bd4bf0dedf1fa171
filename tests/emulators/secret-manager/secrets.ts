import { status } from '@grpc/grpc-js'
import { crc32c } from '../crc32c.ts'

/** A call that is refused, in the words of Secret Manager. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: number

  constructor(code: keyof typeof status, message: string) {
    super(message)
    this.code = status[code]
  }
}

export type VersionState = 'ENABLED' | 'DISABLED' | 'DESTROYED'

interface Version {
  readonly data: Buffer
  readonly createdAt: number
  state: VersionState
}

/** The secrets of one project, as a test sees them. */
export interface Secrets {
  /** Adds a version, and the secret with its first; gives the number of the version. */
  add(secret: string, data: string | Uint8Array, createdAt?: number): number
  setState(secret: string, version: number, state: VersionState): void
  /** Takes `secretmanager.versions.access` on a secret from the caller, or gives it back. */
  deny(secret: string, denied?: boolean): void
  delete(secret: string): void
  /** Answer to a call for the description of a version. @throws {Refusal} */
  get(name: string): {
    readonly name: string
    readonly state: VersionState
    readonly createTime: { readonly seconds: number; readonly nanos: number }
  }
  /** Answer to a call for `projects/P/secrets/S/versions/V`. @throws {Refusal} */
  access(name: string): {
    readonly name: string
    readonly payload: { readonly data: Buffer; readonly dataCrc32c: string }
  }
}

export function createSecrets(project: string): Secrets {
  const secrets = new Map<string, Version[]>()
  const denied = new Set<string>()
  const find = (secret: string, version: string) => {
    const versions = secrets.get(secret)
    const path = `projects/${project}/secrets/${secret}`
    if (!versions) throw new Refusal('NOT_FOUND', `Secret [${path}] not found or has no versions.`)
    // The newest there is, in any state: Google does not go back to an older one.
    const number = version === 'latest' ? versions.length : Number(version)
    const found = versions[number - 1]
    if (!found) throw new Refusal('NOT_FOUND', `Secret Version [${path}/versions/${version}] not found.`)
    return { path: `${path}/versions/${number}`, found }
  }
  const permitted = (name: string, right: 'get' | 'access') => {
    const [, of, secret = '', version = ''] =
      /^projects\/([^/]+)\/secrets\/([^/]+)\/versions\/(latest|\d+)$/.exec(name) ?? []
    if (of === undefined) throw new Refusal('INVALID_ARGUMENT', `The name [${name}] is no version of a secret.`)
    if (of !== project || denied.has(secret))
      throw new Refusal(
        'PERMISSION_DENIED',
        `Permission 'secretmanager.versions.${right}' denied for resource '${name}' (or it may not exist).`,
      )
    return find(secret, version)
  }
  return {
    add(secret, data, createdAt = Date.now()) {
      const versions = secrets.get(secret) ?? []
      secrets.set(secret, [...versions, { data: Buffer.from(data), createdAt, state: 'ENABLED' }])
      return versions.length + 1
    },
    setState(secret, version, state) {
      find(secret, String(version)).found.state = state
    },
    deny: (secret, isDenied = true) => void (isDenied ? denied.add(secret) : denied.delete(secret)),
    delete: (secret) => void secrets.delete(secret),
    get(name) {
      const { path, found } = permitted(name, 'get')
      return { name: path, state: found.state, createTime: { seconds: Math.floor(found.createdAt / 1000), nanos: 0 } }
    },
    access(name) {
      const { path, found } = permitted(name, 'access')
      if (found.state !== 'ENABLED')
        throw new Refusal('FAILED_PRECONDITION', `Secret Version [${path}] is in ${found.state} state.`)
      return { name: path, payload: { data: found.data, dataCrc32c: String(crc32c(found.data)) } }
    },
  }
}
