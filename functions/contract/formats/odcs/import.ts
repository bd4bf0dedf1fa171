import { DaybreakError } from '../../../errors.ts'
import { Contract } from '../../contract.ts'
import { patternProblem } from '../../pattern.ts'
import { present } from '../format.ts'
import { NO_VERSION, ownValue, writtenOf } from './odcs.ts'
import { isMembers, type Members, remainderOf } from './remainder.ts'

/** A contract as its YAML has it. */
interface ImportedContract {
  readonly stream: string
  readonly yaml: Members
}

/**
 * Reads a document of the Open Data Contract Standard: a contract for each object of its schema. Members that a contract has
 * no key for stay in its key `odcs`, and are written back by an export.
 * @throws {DaybreakError} CONFIG_INVALID for a document that is none, or that has a column no contract can have.
 */
export function importOdcs(document: unknown, pipeline: string): readonly ImportedContract[] {
  if (!isMembers(document) || document.kind !== 'DataContract')
    throw invalid('the file is no data contract of the standard; expected `kind: DataContract`')
  const objects = listOf(document.schema).filter(isMembers)
  if (objects.length === 0) throw invalid('the document has no `schema`, so it says nothing about a table')
  const streams = identifiersOf(objects.map(nameOf))
  return objects.map((object, index) => contractOf(document, object, { stream: streams[index] ?? '', pipeline }))
}

const invalid = (message: string): DaybreakError => new DaybreakError('CONFIG_INVALID', message)

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const nameOf = (element: Members): string => textOf(element.name) ?? textOf(element.physicalName) ?? 'unnamed'

/** Names as contracts may have them, each once. */
function identifiersOf(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const words = name
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .replaceAll(/[^a-z0-9_]+/g, '_')
    const base = (/^[a-z_]/.test(words) ? words : `_${words}`).slice(0, 60)
    let free = base
    for (let count = 2; taken.has(free); count++) free = `${base}_${count}`
    taken.add(free)
    return free
  })
}

interface Named {
  readonly stream: string
  readonly pipeline: string
}

function contractOf(document: Members, object: Members, { stream, pipeline }: Named): ImportedContract {
  const own = ownValue(object)
  const properties = listOf(object.properties).filter(isMembers)
  const names = identifiersOf(properties.map(nameOf))
  const named = properties.map((property, index) => ({ property, name: names[index] ?? '' }))
  const ofFile = named.filter(({ property }) => !('given' in ownValue(property)) && !('derived' in ownValue(property)))
  if (ofFile.length === 0) throw invalid(`\`${nameOf(object)}\` has no properties, so it says nothing about a file`)
  const yaml: Members = {
    version: 1,
    stream,
    description: textOf(object.description) ?? textOf(purposeOf(document)) ?? `Rows of ${nameOf(object)}.`,
    ...present({ contract_version: semverOf(document.version) }),
    ...(Object.keys(own).length > 0 ? own : foreignTable(named)),
    key: keyOf(named),
    columns: ofFile.map(({ property, name }) => columnOf(property, name)),
    ...derivedOf(named),
  }
  const remainder = remainderFrom({ document, object, names, stream }, yaml, pipeline)
  return { stream, yaml: { ...yaml, ...(remainder && { odcs: remainder }) } }
}

const purposeOf = ({ description }: Members): unknown => (isMembers(description) ? description.purpose : description)

const semverOf = (version: unknown): string | undefined =>
  typeof version === 'string' && version !== NO_VERSION && /^[0-9]+\.[0-9]+\.[0-9]+$/.test(version)
    ? version
    : undefined

interface Property {
  readonly property: Members
  readonly name: string
}

/** A table of another tool has no columns of ours. A load replaces it, or the part with the date of its partition. */
function foreignTable(properties: readonly Property[]): Members {
  const partition = properties.find(({ property }) => property.partitioned === true && property.logicalType === 'date')
  return {
    carries: {},
    provenance: 'none',
    ...(partition && { table: { partition_by: partition.name } }),
  }
}

/** The columns of the primary key; where there is none, all of them. */
function keyOf(properties: readonly Property[]): readonly string[] {
  const position = ({ property }: Property): number => Number(property.primaryKeyPosition ?? 0)
  const key = properties
    .filter(({ property }) => property.primaryKey === true)
    .toSorted((a, b) => position(a) - position(b))
  return (key.length === 0 ? properties : key).map(({ name }) => name)
}

const TYPES: Readonly<Record<string, string>> = {
  integer: 'int64',
  number: 'numeric',
  boolean: 'bool',
  date: 'date',
  time: 'time',
  timestamp: 'datetime',
}

/** A list or an object becomes its text. */
const typeOf = ({ logicalType }: Members): string => TYPES[String(logicalType)] ?? 'string'

function columnOf(property: Members, name: string): Members {
  const own = ownValue(property)
  const isOurs = Object.keys(own).length > 0
  const type = typeOf(property)
  return {
    name,
    from: nameOf(property),
    type,
    ...(property.required === true && { required: true }),
    description: textOf(property.description) ?? `Column ${nameOf(property)}.`,
    ...rulesOf(property, type),
    ...(isOurs ? own : foreignFormat(type)),
  }
}

/** Dates of other tools are read as ISO 8601 has them, unless the contract is told otherwise. */
const foreignFormat = (type: string): Members => (type === 'date' ? { format: 'yyyy-MM-dd' } : {})

function rulesOf({ logicalTypeOptions: options }: Members, type: string): Members {
  if (!isMembers(options)) return {}
  const { minimum, maximum, minLength, maxLength } = options
  const isOrdered = type === 'int64' || type === 'numeric' || type === 'date'
  const length = (value: unknown) => (type === 'string' && Number(value) >= 1 ? value : undefined)
  return present({
    ...(isOrdered && { min: minimum, max: maximum }),
    min_length: length(minLength),
    max_length: length(maxLength),
    pattern: type === 'string' ? patternOf(options.pattern) : undefined,
  })
}

/** A pattern of a whole text that both engines read; another one stays in the remainder. */
function patternOf(value: unknown): string | undefined {
  const pattern = /^\^\(\?:(.*)\)\$$/s.exec(String(value))?.[1] ?? /^\^(.*)\$$/s.exec(String(value))?.[1]
  return pattern !== undefined && pattern !== '' && patternProblem(pattern) === null ? pattern : undefined
}

function derivedOf(properties: readonly Property[]): Members {
  const derived = properties.flatMap(({ property, name }) => {
    const { derived: isDerived, ...own } = ownValue(property)
    if (!isDerived) return []
    return [{ name, type: typeOf(property), description: property.description, ...own }]
  })
  return derived.length === 0 ? {} : { derived }
}

interface Origin {
  readonly document: Members
  readonly object: Members
  readonly names: readonly string[]
  readonly stream: string
}

/** Members of the document that an export of the contract alone would not write. */
function remainderFrom({ document, object, names, stream }: Origin, yaml: Members, pipeline: string): Members | null {
  const contract = Contract.safeParse(yaml)
  // The caller reads the contract again, and tells its problems with their places.
  if (!contract.success) return null
  const { references } = contract.data
  const properties = listOf(object.properties).map((property, index) =>
    isMembers(property) ? renamed(withoutOwn(property, references), names[index] ?? '') : property,
  )
  const narrowed = { ...document, schema: [renamed({ ...object, properties }, stream)] }
  return remainderOf(narrowed, writtenOf(contract.data, { pipeline, streams: new Map() }))
}

/** Relationships that an export wrote are in the references of the contract. */
function withoutOwn({ relationships, ...property }: Members, references: Contract['references']): Members {
  const isOurs = references?.some(({ columns }) => columns.includes(nameOf(property)))
  return isOurs || relationships === undefined ? property : { ...property, relationships }
}

/** The element under the name of the contract; its own name stays as the physical one. */
function renamed(element: Members, name: string): Members {
  if (element.name === name) return element
  return { ...element, name, physicalName: element.physicalName ?? element.name }
}
