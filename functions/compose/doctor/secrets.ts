import { stat } from 'node:fs/promises'
import type { Project } from '../../config/project.ts'
import { readSecret, secretPath } from '../../config/secret.ts'
import { toDaybreakError } from '../../errors.ts'
import { isConfigured } from '../sources.ts'
import { fail, type Outcome, pass, warn } from './finding.ts'

/** Reads every secret that the environment names. Warns when other users of this machine can read a file of one. */
export async function examineSecrets(project: Project): Promise<Outcome> {
  const references = secretsOf(project)
  if (project.environment.secrets.kind !== 'folder') return await readRemote(references, project)
  const missing: string[] = []
  for (const reference of references) {
    await readSecret(reference, project).catch((error: unknown) => missing.push(toDaybreakError(error).message))
  }
  if (missing.length > 0) return fail(missing.join('; '), 'Put the key into that file, with `chmod 600`.')
  return await openToOthers(references.map((reference) => secretPath(reference, project)))
}

/** References of the environment. The hash key of the environment `local` is made on first use, so it cannot be missing. */
function secretsOf({ environment: { sources, privacy, ledger, environment } }: Project): readonly string[] {
  const keys = Object.values(sources).flatMap((source) =>
    source.kind === 'sftp' && isConfigured(source)
      ? [source.privateKey ?? [], source.passphrase ?? [], source.password ?? []].flat()
      : [],
  )
  const password = ledger.kind === 'postgres' ? [ledger.password ?? []].flat() : []
  return [...new Set([...(environment === 'local' ? [] : [privacy.hashKey]), ...keys, ...password])]
}

async function readRemote(references: readonly string[], project: Project): Promise<Outcome> {
  const { openSecrets } = await import('../secrets.ts')
  const { systemClock } = await import('../../adapters/local/clock.ts')
  const secrets = await openSecrets(project, { clock: systemClock, log: () => undefined })
  const failures: string[] = []
  for (const reference of references) {
    await secrets.read(reference).catch((error: unknown) => failures.push(toDaybreakError(error).message))
  }
  await secrets.close()
  if (failures.length === 0) return pass(`${references.length} can be read`)
  return fail(failures.join('; '), 'Add the version, or grant roles/secretmanager.secretAccessor on that secret.')
}

async function openToOthers(paths: readonly string[]): Promise<Outcome> {
  const modes = await Promise.all(paths.map(async (path) => ({ path, mode: (await stat(path)).mode })))
  const open = modes.filter(({ mode }) => process.platform !== 'win32' && (mode & 0o077) !== 0).map(({ path }) => path)
  if (open.length === 0) return pass(`${paths.length} found`)
  return warn(`others on this machine can read ${open.join(', ')}`, `chmod 600 ${open.join(' ')}`)
}
