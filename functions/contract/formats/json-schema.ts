import type { RelationColumn } from '../../sql/relation.ts'
import { columnRules } from '../column-rules.ts'
import type { Column, ColumnType, Contract } from '../contract.ts'
import { headersOf } from '../drift.ts'
import { formatsOf } from '../format.ts'
import { relationOf } from '../relation.ts'
import { decimalPlaces } from '../sql-type.ts'
import { type ContractFormat, type ExportedFile, present } from './format.ts'

const DRAFT = 'https://json-schema.org/draft/2020-12/schema'

/** A JSON Schema, as data. */
type JsonSchema = Readonly<Record<string, unknown>>

/** Draft 2020-12: for each stream a schema of a row as its table has it, and one of a row as its file has it. */
export const JSON_SCHEMA: ContractFormat = {
  name: 'json-schema',
  description: 'JSON Schema, draft 2020-12: of a row of the table and of a row of the file.',
  export: ({ contracts, pipeline }) => contracts.flatMap((contract) => filesOf(contract, pipeline)),
}

function filesOf(contract: Contract, pipeline: string): readonly ExportedFile[] {
  const { stream, format = 'csv' } = contract
  const typed: ExportedFile = {
    path: `${stream}.schema.json`,
    content: { kind: 'json', value: rowSchema(contract, pipeline) },
  }
  // A row of a file in another format is an object of any depth.
  if (format !== 'csv') return [typed]
  return [typed, { path: `${stream}.raw.schema.json`, content: { kind: 'json', value: rawSchema(contract) } }]
}

/**
 * A row as queries give it. A number may stand in a string, as in exports that keep every digit; bounds are compared for
 * numbers alone.
 */
export function rowSchema(contract: Contract, pipeline: string): JsonSchema {
  const { columns } = relationOf(contract, { catalog: null, schema: pipeline })
  return {
    $schema: DRAFT,
    title: contract.stream,
    description: contract.description,
    type: 'object',
    properties: Object.fromEntries(columns.map((column) => [column.name, valueSchema(column)])),
    required: columns.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    additionalProperties: false,
  }
}

const DAY = '[0-9]{4}-[0-9]{2}-[0-9]{2}'
const CLOCK = '[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?'

const TYPES: Readonly<Record<ColumnType, (column: RelationColumn) => { types: readonly string[]; pattern?: string }>> =
  {
    string: () => ({ types: ['string'] }),
    int64: () => ({ types: ['integer', 'string'], pattern: '^-?[0-9]{1,19}$' }),
    numeric: (column) => ({ types: ['number', 'string'], pattern: decimalPattern(decimalPlaces(column)) }),
    float64: () => ({ types: ['number', 'string'], pattern: '^-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?$' }),
    bool: () => ({ types: ['boolean'] }),
    date: () => ({ types: ['string'], pattern: `^${DAY}$` }),
    time: () => ({ types: ['string'], pattern: `^${CLOCK}$` }),
    datetime: () => ({ types: ['string'], pattern: `^${DAY}[T ]${CLOCK}$` }),
    timestamp: () => ({ types: ['string'], pattern: `^${DAY}[T ]${CLOCK}(Z|[-+][0-9]{2}(:?[0-9]{2})?)$` }),
  }

const decimalPattern = (scale: number): string => (scale === 0 ? '^-?[0-9]+$' : `^-?[0-9]+(\\.[0-9]{1,${scale}})?$`)

function valueSchema(column: RelationColumn): JsonSchema {
  const { types, pattern } = TYPES[column.type](column)
  const ruled = Object.assign({}, ...column.rules.map((rule) => ruleSchema(rule, column)))
  return {
    description: column.description,
    type: column.isRequired && types.length === 1 ? types[0] : [...types, ...(column.isRequired ? [] : ['null'])],
    ...(pattern !== undefined && { pattern }),
    ...ruled,
  }
}

function ruleSchema(rule: RelationColumn['rules'][number], { type, isRequired }: RelationColumn): JsonSchema {
  switch (rule.kind) {
    case 'values':
      return { enum: [...rule.values, ...(isRequired ? [] : [null])] }
    case 'pattern':
      return { pattern: `^(?:${rule.pattern})$` }
    case 'length':
      return present({ minLength: rule.min ?? undefined, maxLength: rule.max ?? undefined })
    case 'range':
      // The standard compares no dates.
      if (type === 'date') return { $comment: [rule.min, rule.max].map((bound) => bound ?? '').join(' to ') }
      return present({ minimum: numberOf(rule.min), maximum: numberOf(rule.max) })
  }
}

const numberOf = (text: string | null): number | undefined => (text === null ? undefined : Number(text))

/**
 * A row of a CSV file: header to text, an empty text where there is no value. Bounds of numbers and dates, invisible
 * characters and checks over several columns are beyond a pattern.
 */
export function rawSchema(contract: Contract): JsonSchema {
  const { columns, drift, stream, description } = contract
  const alternatives = columns.filter(({ required }) => required).map(presence)
  return {
    $schema: DRAFT,
    title: `${stream}, as its file has it`,
    description,
    type: 'object',
    properties: Object.fromEntries(
      columns.flatMap((column) => headersOf(column).map((header) => [header, rawValue(column)] as const)),
    ),
    ...(alternatives.length > 0 && { allOf: alternatives }),
    additionalProperties: drift.newColumn === 'quarantine' ? false : { type: 'string' },
  }
}

/** Of several headers of a required column one is there. */
function presence(column: Column): JsonSchema {
  const headers = headersOf(column)
  return headers.length === 1 ? { required: headers } : { anyOf: headers.map((header) => ({ required: [header] })) }
}

function rawValue(column: Column): JsonSchema {
  const { description, required, privacy } = column
  const empty = required ? [] : ['']
  const value = privacy === 'drop' ? {} : textSchema(column)
  const isFree = Object.keys(value).length === 0
  if (required) return { description, type: 'string', minLength: 1, ...value }
  return {
    description,
    type: 'string',
    ...(isFree ? {} : { anyOf: [...empty.map((text) => ({ const: text })), value] }),
  }
}

/** Pattern of the texts that are read as a value of the column; null where any text is. */
export function rawValuePattern(column: Column): string | null {
  const { pattern } = textSchema(column)
  return typeof pattern === 'string' ? pattern : null
}

/** Condition of a present text. */
function textSchema(column: Column): JsonSchema {
  if (column.type !== 'string') return { pattern: `^(?:${rawPattern(column)})$` }
  // A pattern is about the text of the file, also where the table has a hash of it.
  const rules = columnRules({ ...column, privacy: 'keep' }).flatMap((rule): readonly JsonSchema[] => {
    if (rule.kind === 'values') return [{ enum: rule.values }]
    // Blanks around an id do not make it another one, so they do not count.
    if (rule.kind === 'pattern') return [{ pattern: `^\\s*(?:${rule.pattern})\\s*$` }]
    return rule.kind === 'length' && column.pattern === undefined
      ? [present({ minLength: rule.min ?? undefined, maxLength: rule.max ?? undefined })]
      : []
  })
  return Object.assign({}, ...rules)
}

/** Texts that are read as a value of the type. */
function rawPattern(column: Column): string {
  switch (column.type) {
    case 'string':
      return '[^]*'
    case 'int64':
      return '-?[0-9]{1,19}(?:\\.0*)?'
    case 'numeric':
      return numericPattern(column.scale)
    case 'float64':
      return '[-+]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?'
    case 'bool':
      return '[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]'
    case 'date':
    case 'time':
    case 'datetime':
      return formatsOf(column)
        .map(({ regex }) => `(?:${regex})`)
        .join('|')
  }
}

/** `1,020.00`, `-$5`, `0E-10` and `1.5e3`; the digits that do not fit are not counted. */
function numericPattern(scale: number): string {
  const decimals = scale === 0 ? '0*' : `[0-9]{0,${scale}}0*`
  const grouped = `[-+]?[$]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\\.${decimals})?|[-+]?[$]?\\.${decimals}`
  return `${grouped}|[-+]?[0-9]+(?:\\.[0-9]{0,17})?[eE][-+]?[0-9]{1,3}`
}
