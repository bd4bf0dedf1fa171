import { generateKeyPairSync } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openTokenIssuer, type TokenIssuer } from '../adapters/oidc/tokens.ts'
import type { Project } from '../config/project.ts'
import type { SecretReader } from '../config/secret.ts'
import { DaybreakError } from '../errors.ts'

/** File of the key of a laptop, in DAYBREAK_HOME. */
export const TOKEN_KEY_FILE = 'token-key.pem'
/** The key before it, during a rotation: it signs nothing, and what it signed is still good. */
const PREVIOUS_KEY_FILE = 'token-key.previous.pem'

// A rotated key is used after so long, without a restart.
const FRESH = 300_000

/** The issuer of API tokens of a laptop. Its key is made at first use. @throws {DaybreakError} CONFIG_INVALID. */
export async function laptopTokens(project: Project, now: () => number): Promise<TokenIssuer> {
  const path = join(project.home, TOKEN_KEY_FILE)
  await mkdir(project.home, { recursive: true })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await writeFile(path, pem, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  const previous = join(project.home, PREVIOUS_KEY_FILE)
  const isRotating = (await stat(previous).catch(() => null)) !== null
  const keys = await Promise.all([path, ...(isRotating ? [previous] : [])].map(readKey))
  return await openTokenIssuer({ keys, issuer: issuerOf(project), now })
}

async function readKey(path: string): Promise<string> {
  const { mode } = await stat(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new DaybreakError('CONFIG_INVALID', `others may read ${path}; expected the mode 600`)
  return await readFile(path, 'utf8')
}

/** The issuer of API tokens of a service: the newest version of its secret signs, and the one before it still proves. */
export async function serviceTokens(
  project: Project,
  reference: string,
  { secrets, now }: { readonly secrets: SecretReader; readonly now: () => number },
): Promise<TokenIssuer> {
  const open = async () => {
    const keys = (await secrets.active(reference)).map((bytes) => new TextDecoder().decode(bytes))
    return { at: now(), issuer: await openTokenIssuer({ keys, issuer: issuerOf(project), now }) }
  }
  let opened = await open()
  const current = async () => {
    if (now() - opened.at > FRESH) opened = await open()
    return opened.issuer
  }
  return {
    sign: async (claims) => await (await current()).sign(claims),
    verify: async (token) => await (await current()).verify(token),
    publicKeys: async () => await (await current()).publicKeys(),
  }
}

function issuerOf({ environment: { environment } }: Project): string {
  return `daybreak:${environment}`
}
