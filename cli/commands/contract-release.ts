import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { loadContract } from '../../functions/config/project.ts'
import { type ReleasedContract, withRelease } from '../../functions/contract/changelog.ts'
import { compareContracts } from '../../functions/contract/compatibility.ts'
import { bumped, bumpOf, FIRST_VERSION } from '../../functions/contract/semver.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { localDate } from '../../functions/lib/business-date.ts'
import { command } from '../command.ts'
import { readPath } from '../values.ts'
import { contractAt } from './contract-history.ts'

/** New versions for changed contracts, and a changelog of them. */
export const release = command({
  name: 'contract release',
  description:
    'Raise contract_version of each changed contract, and write the changes into CHANGELOG.md of its folder.',
  args: {
    files: { type: 'positional', many: true, description: 'Contracts in YAML, of one pipeline.' },
    against: {
      type: 'string',
      default: 'main',
      valueHint: 'REVISION',
      description: 'The contracts that readers know.',
    },
    name: { type: 'string', valueHint: 'NAME', description: 'Person who answers for a change that breaks readers.' },
    reason: { type: 'string', valueHint: 'TEXT', description: 'Why readers must change.' },
  },
  examples: [
    'daybreak contract release config/contracts/toast/*.yaml',
    "daybreak contract release config/contracts/toast/order_details.yaml --name 'A. Person' --reason 'tips are a column of their own'",
  ],
  async run({ args, context, output }) {
    const paths = args.files.map((file) => readPath('FILES', file, context.cwd))
    const [first] = paths
    if (first === undefined) throw new DaybreakError('USAGE_INVALID', 'FILES is missing: contracts to release')
    const due = await Promise.all(paths.map((path) => releaseOf(path, { ...args, env: context.env })))
    const edits = due.filter((each) => each !== null)
    for (const { path, released } of edits) await writeFile(path, edited(await readFile(path, 'utf8'), released))
    if (edits.length > 0) {
      const folder = dirname(first)
      const file = join(folder, 'CHANGELOG.md')
      const before = await readFile(file, 'utf8').catch(() => null)
      const date = localDate(context.clock.now(), 'UTC')
      const contracts = edits.map(({ released }) => released)
      const pipeline = folder.split(/[/\\]/).at(-1) ?? ''
      await writeFile(file, withRelease(before, { pipeline, date, contracts }))
    }
    await output.rows({
      columns: ['stream', 'version', 'changes'],
      rows: edits.map(({ released }) => ({ ...released, changes: released.changes.length })),
      empty: 'Nothing to release: every contract is as readers know it.',
    })
  },
})

interface Releasing {
  readonly against: string
  readonly name: string | undefined
  readonly reason: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The version that is due; null for a contract that has not changed, or has it already. */
async function releaseOf(
  path: string,
  { against, name, reason, env }: Releasing,
): Promise<{ readonly path: string; readonly released: ReleasedContract } | null> {
  const [before, after] = [await contractAt(path, against), await loadContract(path, env)]
  const { stream } = after
  if (before?.contractVersion === undefined) {
    if (after.contractVersion !== undefined) return null
    return { path, released: { stream, version: FIRST_VERSION, acknowledged: null, changes: [] } }
  }
  const changes = compareContracts(before, after)
  const bump = bumpOf(changes)
  if (bump === null) return null
  const version = bumped(before.contractVersion, bump)
  if (after.contractVersion === version) return null
  if (bump !== 'major') return { path, released: { stream, version, acknowledged: null, changes } }
  if (name !== undefined && reason !== undefined)
    return { path, released: { stream, version, acknowledged: { name, reason }, changes } }
  const broken = changes.filter(({ compatibility }) => compatibility === 'breaking')
  const told = broken.map(({ subject, message }) => `  ${subject} ${message}`).join('\n')
  throw new DaybreakError('USAGE_INVALID', `${stream} breaks its readers, so --name and --reason are needed:\n${told}`)
}

/** The YAML with the version in its place; comments and order stay. */
function edited(text: string, { version, acknowledged }: ReleasedContract): string {
  const lines = [
    `contract_version: ${version}`,
    ...(acknowledged === null
      ? []
      : [
          `acknowledged: { version: ${version}, name: ${JSON.stringify(acknowledged.name)}, reason: ${JSON.stringify(acknowledged.reason)} }`,
        ]),
  ]
  const stale = acknowledged === null ? /^contract_version:.*\n/m : /^(?:contract_version|acknowledged):.*\n/gm
  return text.replace(stale, '').replace(/^(stream:.*\n)/m, `$1${lines.join('\n')}\n`)
}
