import { createHash } from 'node:crypto'
import type { Column, Contract } from '../contract/contract.ts'
import { decode, type Encoding } from './encoding.ts'
import { isPublic, protectText } from './privacy.ts'
import { formatRecord, parseRecord } from './record.ts'
import type { RecordFault, RejectedRecord } from './reject-plan.ts'
import type { Reject } from './rejects.ts'
import type { Rule } from './rule.ts'

/** What explaining the rejects of one file needs to know. */
export interface ExplainContext {
  readonly contract: Contract
  /** Header names, and where the columns of the contract stand among them. */
  readonly header: readonly string[]
  readonly positions: ReadonlyMap<string, number>
  readonly rules: readonly Rule[]
  readonly encoding: Encoding
  readonly privacyKey: Uint8Array
  readonly slice: Pick<Reject, 'location_id' | 'business_date' | 'stream' | 'file' | 'raw_sha256'>
}

/** A rejected record with its place and its bytes, row end excluded. */
export interface FoundRecord extends RejectedRecord {
  readonly line: number
  readonly offset: number
  readonly bytes: Buffer
}

interface Failure {
  readonly column: string | null
  readonly rule: string
  readonly message: string
}

/** Longest raw text that a reject carries, in characters; the rest is found by its byte range. */
const LONGEST_RAW = 100_000
const LONGEST_VALUE = 2_000

/** Says what is wrong with one record, record by record. Private values appear in nothing of it. */
export function explainReject(found: FoundRecord, context: ExplainContext): Reject {
  const text = decode(found.bytes, context.encoding)
  const parsed = parseRecord(text)
  const fields = 'fields' in parsed ? parsed.fields : null
  const failures = failuresOf(found, fields, context)
  const [first = { column: null, rule: 'unknown', message: 'the record was refused' }] = failures
  return {
    ...context.slice,
    line: found.line,
    record: found.record,
    column: first.column,
    value: shownValue(first.column, fields, context),
    rule: first.rule,
    message: first.message,
    failures: JSON.stringify(failures),
    raw: shownRaw(text, fields, context)?.slice(0, LONGEST_RAW) ?? null,
    record_sha256: createHash('sha256').update(found.bytes).digest('hex'),
    byte_offset: found.offset,
    byte_length: found.bytes.length,
  }
}

function failuresOf(
  { cause }: FoundRecord,
  fields: readonly string[] | null,
  context: ExplainContext,
): readonly Failure[] {
  if (typeof cause === 'string') return [faultFailure(cause, fields, context)]
  return cause.rules.split(',').flatMap((position) => {
    const rule = context.rules[Number(position)]
    return rule ? [ruleFailure(rule, fields, context)] : []
  })
}

function faultFailure(fault: RecordFault, fields: readonly string[] | null, { header }: ExplainContext): Failure {
  const messages: Record<RecordFault, string> = {
    field_count: `expected ${header.length} fields, found ${fields?.length ?? 'another number'}`,
    quotes: 'a quote is opened or closed in the middle of a field',
    encoding: 'it holds bytes that are no characters in the encoding of the file',
    nul: 'it holds NUL bytes',
    too_long: 'it is longer than any record should be',
  }
  return { column: null, rule: fault, message: messages[fault] }
}

function ruleFailure(rule: Rule, fields: readonly string[] | null, { positions }: ExplainContext): Failure {
  if (rule.kind === 'check') {
    const [only, ...others] = rule.columns
    const tolerance = rule.check.within > 0 ? ` (within ${rule.check.within})` : ''
    return {
      column: others.length === 0 && only ? only : null,
      rule: rule.check.name,
      message: `expected ${rule.check.that}${tolerance}`,
    }
  }
  if (rule.kind === 'unique')
    return {
      column: rule.check.unique[0] ?? null,
      rule: rule.check.name,
      message: `an earlier row has the same ${rule.check.unique.join(' + ')}`,
    }
  const { column } = rule
  const empty = (fields?.[positions.get(column.name) ?? -1] ?? '') === ''
  if (empty) return { column: column.name, rule: 'required', message: `${column.name} is empty, but required` }
  return { column: column.name, rule: column.type, message: `expected ${expected(column)}` }
}

function expected({ type, format, scale }: Column): string {
  const formats = typeof format === 'string' ? [format] : format
  if (formats) return `a ${type} as ${formats.map((each) => `\`${each}\``).join(' or ')}`
  if (type === 'numeric') return `a number with at most ${scale} decimal places`
  if (type === 'int64') return 'a whole number'
  if (type === 'bool') return 'true or false'
  return `a ${type}`
}

function shownValue(
  name: string | null,
  fields: readonly string[] | null,
  { contract, positions }: ExplainContext,
): string | null {
  const column = contract.columns.find((each) => each.name === name)
  if (!column || !isPublic(column)) return null
  return fields?.[positions.get(column.name) ?? -1]?.slice(0, LONGEST_VALUE) || null
}

/**
 * The text of a record as anybody may read it. Where the contract keeps everything and knows every column, that is the text
 * itself; else each private value is replaced by what the table would show, and nothing is shown that cannot be told apart.
 */
function shownRaw(
  text: string,
  fields: readonly string[] | null,
  { contract, header, positions, privacyKey }: ExplainContext,
): string | null {
  const known = new Map(contract.columns.map((column) => [positions.get(column.name), column]))
  if (contract.columns.every(isPublic) && header.every((_, position) => known.has(position))) return text
  if (fields?.length !== header.length) return null
  const shown = fields.map((field, position) => {
    const column = known.get(position)
    if (field === '' || (column && isPublic(column))) return field
    return column ? (protectText(column.privacy, field, privacyKey) ?? '[dropped]') : '[not in the contract]'
  })
  return formatRecord(shown)
}
