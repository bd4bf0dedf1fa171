import { createHash } from 'node:crypto'
import type { Contract } from '../contract/contract.ts'
import { decode, type Encoding } from './encoding.ts'
import {
  checkFailure,
  emptyFailure,
  type Failure,
  faultFailure,
  LONGEST_RAW,
  LONGEST_VALUE,
  typeFailure,
  uniqueFailure,
} from './failure.ts'
import { isPublic, protectText } from './privacy.ts'
import { formatRecord, parseRecord, readRecord } from './record.ts'
import type { RejectedRecord } from './reject-plan.ts'
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

/** Says what is wrong with one record, record by record. Private values appear in nothing of it. */
export function explainReject(found: FoundRecord, context: ExplainContext): Reject {
  const text = decode(found.bytes, context.encoding)
  const parsed = parseRecord(text)
  const fields = 'fields' in parsed ? parsed.fields : null
  const failures = failuresOf(found, { text, fields }, context)
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
    raw: cut(shownRaw(text, fields, context), LONGEST_RAW),
    record_sha256: createHash('sha256').update(found.bytes).digest('hex'),
    byte_offset: found.offset,
    byte_length: found.bytes.length,
  }
}

function failuresOf(
  { cause }: FoundRecord,
  { text, fields }: { readonly text: string; readonly fields: readonly string[] | null },
  context: ExplainContext,
): readonly Failure[] {
  const width = context.header.length
  if (typeof cause === 'string') {
    // DuckDB says the first thing that struck it: a wrong count, or bad bytes where only the quotes do not pair.
    const read = readRecord(text, { width, encoding: context.encoding })
    const fault = 'fault' in read ? read.fault : cause
    return [faultFailure(fault, { width, found: fields?.length ?? 0 })]
  }
  return cause.rules.split(',').flatMap((position) => {
    const rule = context.rules[Number(position)]
    return rule ? [ruleFailure(rule, fields, context)] : []
  })
}

function ruleFailure(rule: Rule, fields: readonly string[] | null, { positions }: ExplainContext): Failure {
  if (rule.kind === 'check') return checkFailure(rule)
  if (rule.kind === 'unique') return uniqueFailure(rule.check)
  const { column } = rule
  const empty = (fields?.[positions.get(column.name) ?? -1] ?? '') === ''
  return empty ? emptyFailure(column) : typeFailure(column)
}

function shownValue(
  name: string | null,
  fields: readonly string[] | null,
  { contract, positions }: ExplainContext,
): string | null {
  const column = contract.columns.find((each) => each.name === name)
  if (!column || !isPublic(column)) return null
  return cut(fields?.[positions.get(column.name) ?? -1] || null, LONGEST_VALUE)
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

/** The first characters of a text. Cutting by code units could leave half of one, which is no text that can be stored. */
function cut(text: string | null, characters: number): string | null {
  if (text === null || text.length <= characters) return text
  let end = 0
  for (let left = characters; left > 0 && end < text.length; left--)
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1
  return text.slice(0, end)
}
