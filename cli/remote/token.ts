import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { DaybreakError } from '../../functions/errors.ts'
import type { Context } from '../context.ts'

/** The API token of the caller: DAYBREAK_TOKEN, else the file that DAYBREAK_TOKEN_FILE names. @throws {DaybreakError} REMOTE_TOKEN_INVALID. */
export async function readToken({ env, cwd }: Pick<Context, 'env' | 'cwd'>): Promise<string> {
  if (env.DAYBREAK_TOKEN) return expectToken(env.DAYBREAK_TOKEN, 'DAYBREAK_TOKEN')
  if (env.DAYBREAK_TOKEN_FILE) return await readTokenFile(resolve(cwd, env.DAYBREAK_TOKEN_FILE))
  throw invalid('neither DAYBREAK_TOKEN nor DAYBREAK_TOKEN_FILE is set')
}

async function readTokenFile(path: string): Promise<string> {
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw invalid(`others on this machine may read ${path}; expected the mode 600`, `chmod 600 ${path}`)
    return expectToken(await readFile(path, 'utf8'), path)
  } catch (error) {
    if (error instanceof DaybreakError) throw error
    throw invalid(`DAYBREAK_TOKEN_FILE: ${path} cannot be read`)
  }
}

/** A header takes one line of printable characters. The text itself is never shown. */
function expectToken(text: string, place: string): string {
  const token = text.trim()
  if (/^[\x21-\x7e]{1,8192}$/.test(token)) return token
  throw invalid(`${place} holds no token; expected one line of printable characters`)
}

function invalid(message: string, next?: string): DaybreakError {
  return new DaybreakError('REMOTE_TOKEN_INVALID', message, next === undefined ? {} : { details: { next } })
}
