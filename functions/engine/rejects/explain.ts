import { createHash } from 'node:crypto'
import type { Contract } from '../../contract/contract.ts'
import { type Allowed, foldRecord, refusedCharacter, showInvisible } from '../characters.ts'
import { allowedIn, foldFields, LONGEST_KEY } from '../duckdb/text-column.ts'
import { decode, type Encoding } from '../file/encoding.ts'
import { parseRecord, readRecord, swallowingField } from '../file/record.ts'
import { isPublic } from '../privacy.ts'
import type { Rule } from '../rule.ts'
import {
  characterFailure,
  checkFailure,
  emptyFailure,
  type Failure,
  faultFailure,
  LONGEST_RAW,
  LONGEST_VALUE,
  longKeyFailure,
  swallowedFailure,
  typeFailure,
  uniqueFailure,
} from './failure.ts'
import { maskPersonal } from './mask-personal.ts'
import type { RejectedRecord } from './plan.ts'
import type { Reject } from './rejects.ts'
import { isShaped, shownLines, shownRecord } from './shown.ts'

/** Inputs for explaining the rejects of one file. */
export interface ExplainContext {
  readonly contract: Contract
  /** Header names, and where the columns of the contract stand among them. */
  readonly header: readonly string[]
  readonly positions: ReadonlyMap<string, number>
  readonly texts: readonly (Allowed | null)[]
  readonly rules: readonly Rule[]
  readonly encoding: Encoding
  readonly privacyKey: Uint8Array
  /** With the columns that every reject carries. */
  readonly slice: Pick<Reject, 'stream' | 'file' | 'raw_sha256'>
}

/** A rejected record with its place and its bytes, row end excluded. */
interface FoundRecord extends RejectedRecord {
  readonly line: number
  readonly offset: number
  readonly bytes: Buffer
}

/** Says what is wrong with one record, record by record. Private values appear in nothing of it. */
export function explainReject(found: FoundRecord, context: ExplainContext): Reject {
  const text = foldRecord(decode(found.bytes, context.encoding))
  const parsed = parseRecord(text)
  const fields = 'fields' in parsed ? foldFields(parsed.fields, context.texts) : null
  const failures = failuresOf(found, { text, fields }, context)
  const [first = { column: null, rule: 'unknown', message: 'the record was refused' }] = failures
  return {
    ...context.slice,
    line: found.line,
    record: found.record,
    column: first.column,
    value: typeof found.cause === 'string' ? null : shownValue(first.column, fields, context),
    rule: first.rule,
    message: first.message,
    failures: JSON.stringify(failures),
    raw: cut(shownRaw(text, { fields, isFault: typeof found.cause === 'string' }, context), LONGEST_RAW),
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
    if (fault === 'swallowed_lines') return [swallowedBy(fields ?? [], context)]
    return [faultFailure(fault, { width, found: fields?.length ?? 0 })]
  }
  return cause.rules.split(',').flatMap((position) => {
    const rule = context.rules[Number(position)]
    return rule ? [ruleFailure(rule, fields, context)] : []
  })
}

function swallowedBy(fields: readonly string[], { contract, header, positions }: ExplainContext): Failure {
  const found = swallowingField(fields, header.length)
  const column = contract.columns.find(({ name }) => positions.get(name) === found?.position)
  return swallowedFailure(column?.name ?? null, found?.lines ?? 0)
}

function ruleFailure(rule: Rule, fields: readonly string[] | null, { positions }: ExplainContext): Failure {
  if (rule.kind === 'check') return checkFailure(rule)
  if (rule.kind === 'unique') return uniqueFailure(rule.check)
  const { column } = rule
  const text = fields?.[positions.get(column.name) ?? -1] ?? ''
  if (rule.kind === 'column') return text === '' ? emptyFailure(column) : typeFailure(column, text)
  if (rule.rule.bounded && Buffer.byteLength(text) > LONGEST_KEY) return longKeyFailure(column)
  return characterFailure(column, refusedCharacter(text, allowedIn(column)) ?? { code: 0xfffd, place: 1 })
}

function shownValue(
  name: string | null,
  fields: readonly string[] | null,
  { contract, positions }: ExplainContext,
): string | null {
  const column = contract.columns.find((each) => each.name === name)
  if (!column || !isPublic(column)) return null
  const value = cut(fields?.[positions.get(column.name) ?? -1] || null, LONGEST_VALUE)
  if (value === null) return null
  return showInvisible(contract.columns.every(isPublic) || isShaped(column, value) ? value : maskPersonal(value))
}

/** The text of a record as anybody may read it; null where it cannot be taken apart and may hold private values. */
function shownRaw(
  text: string,
  { fields, isFault }: { readonly fields: readonly string[] | null; readonly isFault: boolean },
  { contract, header, positions, privacyKey }: ExplainContext,
): string | null {
  const known = new Map(contract.columns.map((column) => [positions.get(column.name), column]))
  if (contract.columns.every(isPublic) && header.every((_, position) => known.has(position))) return text
  const columns = header.map((_, position) => known.get(position) ?? null)
  if (isFault && text.includes('\n')) return shownLines(text, columns)
  return fields?.length === header.length ? shownRecord(fields, columns, privacyKey) : null
}

/** The first characters of a text. Cutting by code units could leave half of one, which is no text that can be stored. */
function cut(text: string | null, characters: number): string | null {
  if (text === null || text.length <= characters) return text
  let end = 0
  for (let left = characters; left > 0 && end < text.length; left--)
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1
  return text.slice(0, end)
}
