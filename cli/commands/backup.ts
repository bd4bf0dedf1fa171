import { resolve } from 'node:path'
import { backUp } from '../../functions/compose/backup/back-up.ts'
import { findBackup } from '../../functions/compose/backup/folder.ts'
import { type Restored, restore, restoreConfig } from '../../functions/compose/backup/restore.ts'
import { loadProject } from '../../functions/config/project.ts'
import manifest from '../../package.json' with { type: 'json' }
import { type Call, command } from '../command.ts'
import { createLog } from '../log.ts'

/** Exit code of a restore that misses files which only the backup's list names. */
const MISSING = 3
const SHOWN = 5

const FOLDER = {
  type: 'positional',
  required: true,
  description: 'Folder of the backups of this environment, on another disk.',
} as const

/** Ledger, configuration and objects into a folder. */
export const backup = command({
  name: 'backup',
  description: 'Write ledger, configuration and records into a folder, while runs go on. Secrets are not in it.',
  args: {
    folder: FOLDER,
    archive: {
      type: 'boolean',
      description: 'Copy the raw files as well; otherwise the backup lists them with their bytes.',
    },
  },
  examples: ['daybreak backup /mnt/backups/daybreak', 'daybreak backup /mnt/backups/daybreak --archive -o json'],
  async run(call) {
    const { args, context, output, options } = call
    const project = await loadProject({ ...options, env: context.env })
    const place = resolve(context.cwd, args.folder)
    const made = await backUp(project, {
      ...{ place, withArchive: args.archive ?? false, daybreak: manifest.version },
      ...{ clock: context.clock, log: createLog(context.stderr, options, context.clock.now) },
    })
    const { ledger, objects, hashKey } = made.manifest
    const rows = Object.values(ledger.rows).reduce((sum, each) => sum + each, 0)
    await output.record({
      backup: made.folder,
      ledgerRows: rows,
      objectsCopied: objects.copied,
      bytesCopied: objects.copiedBytes,
      objectsListed: objects.referenced,
      bytesListed: objects.referencedBytes,
    })
    if (hashKey !== null)
      await output.text(`The key of hashed columns (${hashKey}) is not in the backup: keep a copy of it elsewhere.`)
    return 0
  },
})

/** The way back. */
export const restoreBackup = command({
  name: 'restore',
  description: 'Put ledger, configuration and records of a backup back into an environment that has lost them.',
  args: {
    folder: FOLDER,
    at: { type: 'string', valueHint: 'NAME', description: 'Backup, e.g. 20250206T120000Z. Default: the newest.' },
  },
  examples: ['daybreak restore /mnt/backups/daybreak'],
  async run(call) {
    const { args, context, output, options } = call
    const place = resolve(context.cwd, args.folder)
    const { folder, manifest: found } = await findBackup(place, args.at)
    const configured = await restoreConfig(folder, options.projectDir)
    const project = await loadProject({ ...options, env: context.env })
    const log = createLog(context.stderr, options, context.clock.now)
    const restored = await restore(project, { place, folder, manifest: found, clock: context.clock, log })
    const { rawMissing, ...counts } = restored
    await output.record({
      backup: folder,
      ...counts,
      rawMissing: rawMissing.length,
      configuration: configured ? 'restored' : 'kept',
    })
    await tell(restored, found.hashKey, call)
    return rawMissing.length > 0 ? MISSING : 0
  },
})

async function tell({ rawMissing }: Restored, hashKey: string | null, { output }: Pick<Call, 'output'>): Promise<void> {
  if (rawMissing.length > 0) {
    const more = rawMissing.length > SHOWN ? ` and ${rawMissing.length - SHOWN} more` : ''
    await output.text(`OBJECT_MISSING: ${rawMissing.slice(0, SHOWN).join(', ')}${more}`)
  }
  if (hashKey !== null)
    await output.text(`Put the key of hashed columns (${hashKey}) back, then run \`daybreak doctor\`.`)
  await output.text(
    'Next: `daybreak ledger rebuild PIPELINE` adds what was recorded after the backup and compares every partition.',
  )
}
