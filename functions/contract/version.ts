import { createHash } from 'node:crypto'
import { yamlWords } from '../lib/yaml-object.ts'
import type { Contract } from './contract.ts'

/** Inputs that decide the bytes of a part, in addition to the contract. Byte arrays compare by value. */
type VersionInputs = Readonly<Record<string, string | number | null | Uint8Array>>

// They describe, and change no byte of a part.
const IGNORED: ReadonlySet<string> = new Set([
  ...['description', 'legacyName', 'unit', 'rule', 'rejectBudget', 'datedBy'],
  ...['references', 'contractVersion', 'acknowledged', 'odcs'],
])

/**
 * Twelve hexadecimal digits that change with everything in a contract that can change a part, its rejects or its checks,
 * and with nothing else: not with the order of keys, with descriptions, units or legacy names.
 */
export function contractVersion(contract: Contract, inputs: VersionInputs = {}): string {
  const { columns, derived, checks, ...rest } = contract
  const essence = {
    ...rest,
    columns: columns.map(strip),
    derived: derived.map(strip),
    checks: checks.filter(isOfParts).map(strip),
  }
  // In the words of YAML: the names that code has for them may change, and no version does.
  return createHash('sha256')
    .update(canonical([yamlWords(strip(essence)), inputs]))
    .digest('hex')
    .slice(0, 12)
}

// An outlier is judged by other days, so its limits change no part and no result that is stored with one.
const isOfParts = (check: Contract['checks'][number]): boolean => !('outlier' in check)

const strip = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => !IGNORED.has(key)))

/** JSON with sorted keys, so that equal things have equal text. */
function canonical(thing: unknown): string {
  if (thing instanceof Uint8Array) return canonical({ bytes: Buffer.from(thing).toString('hex') })
  if (Array.isArray(thing)) return `[${thing.map(canonical).join(',')}]`
  if (typeof thing !== 'object' || thing === null) return JSON.stringify(thing) ?? 'null'
  const entries = Object.entries(thing).filter(([, member]) => member !== undefined)
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
}
