import type { ContractChange } from './compatibility.ts'
import type { Contract } from './contract.ts'

/** Part of a version that a change raises. */
type Bump = 'major' | 'minor' | 'patch'

const BUMPS = { breaking: 'major', migration: 'minor', compatible: 'patch' } as const satisfies Record<
  ContractChange['compatibility'],
  Bump
>
const ORDER: readonly Bump[] = ['patch', 'minor', 'major']

/** Version of a contract that is released for the first time. */
export const FIRST_VERSION = '1.0.0'

/** The largest bump that one of the changes asks for; null where nothing changed. */
export function bumpOf(changes: readonly ContractChange[]): Bump | null {
  return ORDER.findLast((bump) => changes.some(({ compatibility }) => BUMPS[compatibility] === bump)) ?? null
}

/** The version after a bump. */
export function bumped(version: string, bump: Bump): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  if (bump === 'major') return `${major + 1}.0.0`
  return bump === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}

/** True where the first version comes before the second. */
function isBefore(one: string, other: string): boolean {
  const [left, right] = [one, other].map((version) => version.split('.').map(Number))
  const at = left?.findIndex((part, index) => part !== right?.[index]) ?? -1
  return at >= 0 && (left?.[at] ?? 0) < (right?.[at] ?? 0)
}

/** A contract before and after its changes. */
interface ContractStep {
  readonly before: Contract
  readonly after: Contract
  readonly changes: readonly ContractChange[]
}

/** Problem of the version of a changed contract, as a sentence; null when it says what the changes mean. */
export function versionProblem({ before, after, changes }: ContractStep): string | null {
  const bump = bumpOf(changes)
  const [old, fresh] = [before.contractVersion, after.contractVersion]
  // A contract that was never released has no readers who rely on a version.
  if (old === undefined) return null
  if (fresh === undefined) return `contract_version was ${old} and is gone; write it again`
  if (isBefore(fresh, old)) return `contract_version was ${old} and is ${fresh}; a version only rises`
  if (bump === null) return null
  const least = bumped(old, bump)
  if (isBefore(fresh, least))
    return `contract_version is ${fresh}; expected ${least} or higher, because the changes are ${bump}`
  if (bump === 'major' && after.acknowledged?.version !== fresh)
    return `the change breaks readers, and no person answers for it; expected \`acknowledged: { version: ${fresh}, name: ..., reason: ... }\``
  return null
}
