import { rename } from 'node:fs/promises'
import { fingerprintOf, HASH_KEY_MARK, makeKey, readHashKey, rememberKey } from '../../functions/compose/hash-key.ts'
import { openSecrets } from '../../functions/compose/secrets.ts'
import { loadProject, type Project } from '../../functions/config/project.ts'
import { secretPath } from '../../functions/config/secret.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { type Call, command, group } from '../command.ts'
import { withDaybreak } from '../open.ts'

const rotate = command({
  name: 'privacy rotate-key',
  description: 'Use another key for hashed columns from now on. Guests get other pseudonyms than before.',
  args: {},
  async run(call) {
    if (!call.options.yes) {
      throw new DaybreakError(
        'USAGE_INVALID',
        'another key gives every guest another pseudonym, so histories before and after do not join; add --yes to do it',
      )
    }
    const { projectDir, environment } = call.options
    const project = await loadProject({ projectDir, environment, env: call.context.env })
    return await withDaybreak(call, async ({ ports }) => {
      const before = await ports.ledger.mark(HASH_KEY_MARK)
      if (project.environment.environment === 'local') await replaceKey(project, before?.value ?? 'unknown')
      const key = await readNewKey(project, call)
      await rememberKey(key, ports)
      const fingerprint = fingerprintOf(key)
      const details = `${before?.value ?? 'none'} to ${fingerprint}`
      const entry = {
        at: ports.clock.now(),
        actor: call.context.env.USER ?? 'unknown',
        action: 'privacy.rotate-key',
        subject: 'hash_key',
        details,
      }
      await ports.ledger.apply([{ change: 'audit', entry }])
      await call.output.record({ before: before?.value ?? null, now: fingerprint })
      await call.output.text(
        'Next: `daybreak backfill PIPELINE --start-date D --end-date D --from-archive` hashes earlier days with the new key.',
      )
      return 0
    })
  },
})

/** A laptop makes its own key; the old one stays in the same folder, under its fingerprint. */
async function replaceKey(project: Project, fingerprint: string): Promise<void> {
  const path = secretPath(project.environment.privacy.hash_key, project)
  await rename(path, `${path}.${fingerprint}`).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await makeKey(path)
}

async function readNewKey(project: Project, { context }: Pick<Call, 'context'>): Promise<Uint8Array> {
  const secrets = await openSecrets(project, { clock: context.clock, log: () => undefined })
  return await readHashKey(project, secrets).finally(() => secrets.close())
}

/** Keys of personal data. */
export const privacy = group({
  name: 'privacy',
  description: 'Keys of hashed columns.',
  commands: { 'rotate-key': async () => rotate },
})
