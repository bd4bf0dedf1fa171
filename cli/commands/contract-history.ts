import { execFile } from 'node:child_process'
import { basename, dirname } from 'node:path'
import { promisify } from 'node:util'
import { readConfig } from '../../functions/config/read.ts'
import { Contract } from '../../functions/contract/contract.ts'
import { DaybreakError } from '../../functions/errors.ts'

/** The contract as a revision of Git has it; null where the revision has no such file. @throws {DaybreakError} USAGE_INVALID for no revision. */
export async function contractAt(path: string, revision: string): Promise<Contract | null> {
  const git = (...args: readonly string[]) =>
    promisify(execFile)('git', args, { cwd: dirname(path), maxBuffer: 16 * 1024 * 1024 })
  await git('rev-parse', '--verify', '--quiet', `${revision}^{commit}`).catch(() => {
    throw new DaybreakError(
      'USAGE_INVALID',
      `There is no revision "${revision}" of ${path}; expected a branch, a tag or a commit of Git`,
    )
  })
  const file = basename(path)
  const found = await git('show', `${revision}:./${file}`).catch(() => null)
  return found === null ? null : readConfig(Contract, { file, text: found.stdout, env: {} }).value
}
