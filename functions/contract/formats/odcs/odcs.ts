import { yamlWords } from '../../../lib/yaml-object.ts'
import { partitionColumn } from '../../carried.ts'
import { columnRules } from '../../column-rules.ts'
import type { Check, Column, ColumnType, Contract, DerivedColumn } from '../../contract.ts'
import { addedColumns } from '../../table.ts'
import { type ContractFormat, present } from '../format.ts'
import { isMembers, type Members, withRemainder } from './remainder.ts'

/** Version of a contract that has none: the standard wants one. */
export const NO_VERSION = '0.0.0'

/** Custom property that holds what has no member of the standard. */
export const OWN = 'daybreak'

/** One document of the Open Data Contract Standard 3.1 per stream. */
export const ODCS: ContractFormat = {
  name: 'odcs',
  description: 'Open Data Contract Standard 3.1, one document per stream.',
  export: ({ contracts, pipeline, streams }) =>
    contracts.map((contract) => ({
      path: `${contract.stream}.odcs.yaml`,
      content: { kind: 'yaml', value: odcsOf(contract, { pipeline, streams }) },
    })),
}

interface Context {
  readonly pipeline: string
  readonly streams: ReadonlyMap<string, Contract>
}

/** A contract as a document of the standard; members of the document that it was imported from are written back. */
export function odcsOf(contract: Contract, context: Context): Members {
  const written = writtenOf(contract, context)
  return contract.odcs === undefined ? written : withRemainder(written, contract.odcs)
}

/** The document without anything that was imported. */
export function writtenOf(contract: Contract, { pipeline, streams }: Context): Members {
  const { stream, description, contractVersion = NO_VERSION } = contract
  return {
    apiVersion: 'v3.1.0',
    kind: 'DataContract',
    id: `${pipeline}.${stream}`,
    name: stream,
    version: contractVersion,
    status: 'active',
    description: { purpose: description },
    schema: [
      {
        name: stream,
        physicalName: stream,
        physicalType: 'table',
        description,
        properties: propertiesOf(contract, streams),
        ...qualityOf(contract.checks),
        customProperties: [{ property: OWN, value: ownOf(contract) }],
      },
    ],
  }
}

/** Keys of a contract that stand elsewhere in the document. */
const ELSEWHERE = ['stream', 'description', 'key', 'columns', 'derived', 'odcs', 'contractVersion'] as const

function ownOf(contract: Contract): Members {
  const own: Partial<Contract> = { ...contract }
  for (const key of ELSEWHERE) delete own[key]
  return yamlWords(JSON.parse(JSON.stringify(own)))
}

function propertiesOf(contract: Contract, streams: Context['streams']): readonly Members[] {
  const place = placesOf(contract)
  return [
    ...contract.columns.map((column) => ({
      ...fileProperty(column),
      ...place(column.name),
      ...relationshipsOf(column, contract, streams),
    })),
    ...contract.derived.map((column) => ({ ...derivedProperty(column), ...place(column.name) })),
    ...givenColumns(contract).map(({ name, type, description }) => ({
      ...{ name, ...TYPES[type], required: true, description },
      ...place(name),
      customProperties: [{ property: OWN, value: { given: true } }],
    })),
  ]
}

/** Columns of the table that Daybreak fills in. */
const givenColumns = (contract: Contract) =>
  addedColumns(contract).filter(({ name }) => contract.provenance !== 'none' || !name.startsWith('_'))

const placesOf = (contract: Contract) => (name: string) => {
  const position = contract.key.indexOf(name)
  return {
    ...(position >= 0 && { primaryKey: true, primaryKeyPosition: position + 1 }),
    ...(partitionColumn(contract) === name && { partitioned: true, partitionKeyPosition: 1 }),
  }
}

const TYPES: Readonly<Record<ColumnType, { readonly logicalType: string; readonly physicalType: string }>> = {
  string: { logicalType: 'string', physicalType: 'STRING' },
  int64: { logicalType: 'integer', physicalType: 'INT64' },
  numeric: { logicalType: 'number', physicalType: 'NUMERIC' },
  float64: { logicalType: 'number', physicalType: 'FLOAT64' },
  bool: { logicalType: 'boolean', physicalType: 'BOOL' },
  date: { logicalType: 'date', physicalType: 'DATE' },
  time: { logicalType: 'time', physicalType: 'TIME' },
  datetime: { logicalType: 'timestamp', physicalType: 'DATETIME' },
  timestamp: { logicalType: 'timestamp', physicalType: 'TIMESTAMP' },
}

/** Types that a logical type does not say. */
const UNSAID: ReadonlySet<ColumnType> = new Set(['float64', 'timestamp'])

function fileProperty(column: Column): Members {
  const { name, description, required, privacy, pattern, min, max, minLength, maxLength, ...rest } = column
  const { optional, scale, ...own } = rest
  const options = present({ minimum: min, maximum: max, minLength, maxLength, pattern: anchored(pattern) })
  return {
    name,
    ...TYPES[column.type],
    required,
    description,
    ...(privacy !== 'keep' && { classification: 'confidential' }),
    ...(Object.keys(options).length > 0 && { logicalTypeOptions: options }),
    ...valuesQuality(column),
    customProperties: [
      {
        property: OWN,
        value: ownOfColumn({
          ...own,
          ...(optional && { optional }),
          ...(column.type === 'numeric' && { scale }),
          ...(privacy !== 'keep' && { privacy }),
        }),
      },
    ],
  }
}

const anchored = (pattern: string | undefined): string | undefined =>
  pattern === undefined ? undefined : `^(?:${pattern})$`

function derivedProperty({ name, description, ...own }: DerivedColumn): Members {
  return {
    name,
    ...TYPES[own.type],
    required: false,
    description,
    transformLogic: own.expression ?? `${own.parse}(${own.from})`,
    customProperties: [{ property: OWN, value: { derived: true, ...ownOfColumn(own) } }],
  }
}

function ownOfColumn(own: Partial<Column> | Partial<DerivedColumn>): Members {
  const { type, ...rest } = own
  const words = { ...rest, ...(type !== undefined && UNSAID.has(type) && { type }) }
  return yamlWords(JSON.parse(JSON.stringify(words)))
}

function valuesQuality(column: Column): Members {
  const values = columnRules(column).find((rule) => rule.kind === 'values')
  if (!values) return {}
  const validValues = [...values.values]
  return { quality: [{ type: 'library', metric: 'invalidValues', mustBe: 0, arguments: { validValues } }] }
}

function relationshipsOf({ name }: Column, { references = [] }: Contract, streams: Context['streams']): Members {
  const own = references.filter(({ columns }) => columns.includes(name))
  if (own.length === 0) return {}
  const relationships = own.map(({ to }) => ({
    type: 'foreignKey',
    to: `${to}.${streams.get(to)?.key.find((key) => streams.get(to)?.columns.some((each) => each.name === key)) ?? name}`,
  }))
  return { relationships }
}

/** Checks for people and for tools that know the metric; the custom property has them for Daybreak. */
function qualityOf(checks: readonly Check[]): Members {
  if (checks.length === 0) return {}
  return { quality: checks.map(ruleOf) }
}

function ruleOf(check: Check): Members {
  const base = present({
    name: check.name,
    description: check.description,
    severity: check.effect === 'warn' ? 'warning' : 'error',
  })
  if ('unique' in check)
    return {
      ...base,
      type: 'library',
      metric: 'duplicateValues',
      mustBe: 0,
      arguments: { properties: [...check.unique] },
    }
  if ('that' in check) return { ...base, type: 'custom', engine: OWN, implementation: check.that }
  return { ...base, type: 'custom', engine: OWN, implementation: yamlWords(JSON.parse(JSON.stringify(check))) }
}

/** The value of the custom property of Daybreak, where there is one. */
export function ownValue(element: Members): Members {
  const list: readonly unknown[] = Array.isArray(element.customProperties) ? element.customProperties : []
  const own = list.find((each) => isMembers(each) && each.property === OWN)
  return isMembers(own) && isMembers(own.value) ? own.value : {}
}
