import type { ColumnType } from '../contract/contract.ts'
import type { ReferenceTable } from './reference.ts'
import { SCRIPT_MODULE } from './script.ts'

const TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'string',
  int64: 'bigint',
  numeric: 'Numeric',
  float64: 'number',
  bool: 'boolean',
  date: 'string',
  time: 'string',
  datetime: 'string',
  timestamp: 'string',
}

/** Pure: types of the tables of a project for the editor, as a file of declarations. Personal columns are not among them. */
export function scriptTypes(tables: readonly ReferenceTable[]): string {
  const members = tables.map(({ name, columns, maskedColumns }) => {
    const open = columns.filter((column) => !maskedColumns.includes(column.name))
    const list = open.map((column) => `      readonly ${JSON.stringify(column.name)}: ${TYPES[column.type]} | null`)
    return `    readonly ${JSON.stringify(name)}: {\n${list.join('\n')}\n    }`
  })
  return `// Written by \`daybreak model types\`: tables that scripts of models may read.
declare module '${SCRIPT_MODULE}' {
  /** An exact decimal number as text: '12.5'. */
  export type Numeric = string

  export interface Tables {
${members.join('\n')}
  }

  export interface Read {
    readonly table: keyof Tables
    readonly columns: readonly string[]
  }

  export type Row<R extends Read> = Pick<Tables[R['table']], Extract<R['columns'][number], keyof Tables[R['table']]>>

  /** A row that \`build\` gives: columns of the YAML. One that is left out is NULL. */
  export type Output = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>

  /** A model: the tables that it reads, and the rows that one partition of it has. */
  export function defineModel<const R extends Readonly<Record<string, Read>>>(model: {
    readonly reads: R
    build(
      rows: { readonly [Name in keyof R]: readonly Row<R[Name]>[] },
      about: { readonly date: string },
    ): AsyncIterable<Output> | Iterable<Output> | Promise<Iterable<Output>>
  }): unknown

  /** A decimal text in billionths: units('1.5') is 1500000000n. */
  export function units(text: Numeric): bigint

  /** Billionths as a decimal text. */
  export function numeric(units: bigint): Numeric
}
`
}
