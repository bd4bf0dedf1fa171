import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DaybreakError } from '../../errors.ts'

const FORM = /^[0-9a-f]{64}$/

/**
 * The token that programs of this machine send to a server of this machine; made at first use, readable by its owner alone.
 * @throws {DaybreakError} CONFIG_INVALID when others may read it, or it is none.
 */
export async function readOrMakeToken(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 }).catch(ignoreExisting)
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause: unknown) => {
    throw invalid(path, 'cannot be opened as a file of its own', cause)
  })
  try {
    const { mode } = await file.stat()
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw invalid(path, `has the mode ${(mode & 0o777).toString(8)}`)
    const token = (await file.readFile('utf8')).trim()
    if (FORM.test(token)) return token
    throw invalid(path, 'is no token')
  } finally {
    await file.close()
  }
}

function invalid(path: string, problem: string, cause?: unknown): DaybreakError {
  const message = `${path} ${problem}; expected 64 hexadecimal digits that only its owner may read (mode 600). Delete it, and a new one is made`
  return new DaybreakError('CONFIG_INVALID', message, { cause })
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
