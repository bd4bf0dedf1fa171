import type { ColumnType, Contract } from '../contract.ts'
import { relationOf } from '../relation.ts'
import type { ContractFormat, ContractSet } from './format.ts'

/** One TypeScript file with an interface per stream: a row as `daybreak query -o json` and `daybreak export` give it. */
export const TYPESCRIPT: ContractFormat = {
  name: 'typescript',
  description: 'TypeScript types of the rows, one file per pipeline.',
  export: (set) => [{ path: `${set.pipeline}.ts`, content: { kind: 'text', text: textOf(set) } }],
}

/** Types that JSON has no values for; texts keep every digit. */
const ALIASES = [
  ['Int64', "A whole number of 64 bits as text: '42'."],
  ['Numeric', "An exact decimal number as text: '12.50'."],
  ['DateText', "A day: '2026-01-31'."],
  ['TimeText', "A time of day: '09:30:00'."],
  ['DateTimeText', "A local date and time: '2026-01-31 09:30:00'."],
  ['TimestampText', "An instant in UTC: '2026-01-31 09:30:00+00'."],
] as const

const TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'string',
  int64: 'Int64',
  numeric: 'Numeric',
  float64: 'number',
  bool: 'boolean',
  date: 'DateText',
  time: 'TimeText',
  datetime: 'DateTimeText',
  timestamp: 'TimestampText',
}

function textOf(set: ContractSet): string {
  const streams = set.contracts.map(({ stream }) => `  readonly ${stream}: ${typeName(stream)}`)
  return [
    `// Written by \`daybreak contract export typescript\` from the contracts of ${set.pipeline}.\n`,
    ...ALIASES.map(([name, meaning]) => `/** ${meaning} */\nexport type ${name} = string\n`),
    ...set.contracts.map((contract) => interfaceOf(contract, set.pipeline)),
    `/** A row of each stream. */\nexport interface Rows {\n${streams.join('\n')}\n}\n`,
  ].join('\n')
}

function interfaceOf(contract: Contract, pipeline: string): string {
  const { name, description, columns } = relationOf(contract, { catalog: null, schema: pipeline })
  const members = columns.map(({ name: column, description: meaning, type, isRequired }) => {
    const declared = contract.columns.find((each) => each.name === column)
    const shown =
      declared?.values && declared.privacy === 'keep' ? literals(declared.values, declared.closed) : TYPES[type]
    return `  ${comment(meaning)}\n  readonly ${column}: ${shown}${isRequired ? '' : ' | null'}`
  })
  return `${comment(description)}\nexport interface ${typeName(name)} {\n${members.join('\n')}\n}\n`
}

/** An open list still completes in an editor. */
function literals(values: readonly string[], isClosed = false): string {
  return [...values.map((value) => JSON.stringify(value)), ...(isClosed ? [] : ['(string & {})'])].join(' | ')
}

const comment = (text: string): string => `/** ${text.replaceAll('*/', '*\\/').replaceAll(/\s+/g, ' ').trim()} */`

/** `order_details` as `OrderDetails`. */
const typeName = (stream: string): string =>
  stream.replaceAll(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
