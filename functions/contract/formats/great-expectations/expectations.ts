import { BIGQUERY } from '../../../sql/dialects/bigquery/dialect.ts'
import { constraintName, type RelationColumn } from '../../../sql/relation.ts'
import type { Column, Contract, CrossCheck, Effect } from '../../contract.ts'
import { headersOf } from '../../drift.ts'
import { relationOf } from '../../relation.ts'
import { type ContractSet, present } from '../format.ts'
import { rawValuePattern } from '../json-schema.ts'
import { rowCheckSql } from '../row-sql.ts'
import { crossCheckQuery } from './queries.ts'
import type { Target } from './targets.ts'

/** An expectation as a suite stores it. */
export interface Expectation {
  readonly type: string
  readonly kwargs: Readonly<Record<string, unknown>>
  /** The promise that it stands for, and what a failure does in a load. */
  readonly meta: { readonly promise: string; readonly effect: Effect }
  /** Share of the values that must meet it, by the name of a parameter; null where it counts no values. */
  readonly tolerance: string | null
}

/** A promise of a contract that no expectation says, and the reason. */
interface Unexpressed {
  readonly stream: string
  readonly promise: string
  readonly reason: string
}

/** Expectations of one suite, and the promises that it leaves out. */
export interface Suite {
  readonly name: string
  readonly stream: string
  readonly expectations: readonly Expectation[]
  readonly unexpressed: readonly Unexpressed[]
}

type Part = Expectation | Unexpressed

function suiteOf(name: string, stream: string, parts: readonly Part[]): Suite {
  return {
    name,
    stream,
    expectations: parts.flatMap((part) => ('type' in part ? [part] : [])),
    unexpressed: parts.flatMap((part) => ('reason' in part ? [part] : [])),
  }
}

interface Counted {
  readonly promise: string
  readonly effect?: Effect
}

/** An expectation of each value of a column, with a tolerance of its own. */
function ofValues(type: string, kwargs: object, { promise, effect = 'quarantine' }: Counted): Expectation {
  return { type, kwargs: { ...kwargs, mostly: { $PARAMETER: promise } }, meta: { promise, effect }, tolerance: promise }
}

/** The suite of a file, before a load: headers, presence and spelling of values. */
export function fileSuite(contract: Contract): Suite {
  const { stream } = contract
  return suiteOf(
    `${stream}_file`,
    stream,
    contract.columns.flatMap((column) => fileParts(column, stream)),
  )
}

/** Any text but an empty one. */
const PRESENT = '^[\\s\\S]'

function fileParts(column: Column, stream: string): readonly Part[] {
  const [header = column.name, ...others] = headersOf(column)
  const promise = (kind: string): string => constraintName(stream, 'file', column.name, kind)
  const left = (reason: string): Unexpressed => ({ stream, promise: `values of "${header}" in the file`, reason })
  if (others.length > 0)
    return [left('the file may have one of several headers; the suite of the table asks for the values')]
  if (!column.required) return [left('the column may be absent, and an expectation of an absent column is an error')]
  const pattern = column.privacy === 'drop' ? null : rawValuePattern(column)
  return [
    {
      type: 'expect_column_to_exist',
      kwargs: { column: header },
      meta: { promise: promise('header'), effect: 'quarantine' },
      tolerance: null,
    },
    ofValues(
      'expect_column_values_to_match_regex',
      { column: header, regex: PRESENT },
      { promise: promise('required') },
    ),
    ...(pattern === null
      ? []
      : [
          ofValues(
            'expect_column_values_to_match_regex',
            { column: header, regex: pattern },
            { promise: promise(column.type) },
          ),
        ]),
  ]
}

/** The suite of a table, after a load: every promise of the contract, and the checks of its pipeline that begin with it. */
export function tableSuite(contract: Contract, set: ContractSet, target: Target): Suite {
  const { stream } = contract
  const table = relationOf(contract, { catalog: null, schema: set.pipeline })
  const keys = [...(table.primaryKey.length > 0 ? [table.primaryKey] : []), ...table.unique]
  return suiteOf(`${stream}_table`, stream, [
    ...table.columns.flatMap((column) => columnParts(column, contract)),
    ...keys.map((columns) => keyPart(columns, stream)),
    ...contract.checks.map((check): Part => {
      const promise = constraintName(stream, check.name)
      if ('unique' in check) return { stream, promise, reason: 'the suite asks for the key instead' }
      if (!('that' in check)) return { stream, promise, reason: 'it compares with what was delivered before' }
      const condition = target.hasRowConditions ? rowCheckSql(check, contract, BIGQUERY) : null
      if (condition === null)
        return { stream, promise, reason: 'its condition is written for BigQuery and DuckDB, of columns of the table' }
      return rowsPart(promise, check.effect, `SELECT * FROM {batch} WHERE NOT COALESCE(${condition}, TRUE)`)
    }),
    ...set.checks.filter((check) => firstStream(check) === stream).map((check) => crossPart(check, set, target)),
  ])
}

function columnParts(column: RelationColumn, { stream, columns }: Contract): readonly Part[] {
  const { name } = column
  const declared = columns.find((each) => each.name === name)
  const promise = (kind: string): string => constraintName(stream, name, kind)
  const known = declared?.values && !declared.closed && declared.privacy === 'keep' ? declared.values : null
  return [
    ...(column.isRequired
      ? [ofValues('expect_column_values_to_not_be_null', { column: name }, { promise: promise('required') })]
      : []),
    ...(known
      ? [
          ofValues(
            'expect_column_values_to_be_in_set',
            { column: name, value_set: known },
            { promise: promise('known'), effect: 'warn' },
          ),
        ]
      : []),
    ...column.rules.map((rule) => {
      if (rule.kind === 'values')
        return ofValues(
          'expect_column_values_to_be_in_set',
          { column: name, value_set: rule.values },
          { promise: promise('values') },
        )
      if (rule.kind === 'pattern')
        return ofValues(
          'expect_column_values_to_match_regex',
          { column: name, regex: `^(?:${rule.pattern})$` },
          { promise: promise('pattern') },
        )
      const type =
        rule.kind === 'range' ? 'expect_column_values_to_be_between' : 'expect_column_value_lengths_to_be_between'
      const bound = (value: string | number | null) =>
        value === null || column.type === 'date' ? (value ?? undefined) : Number(value)
      const bounds = present({ min_value: bound(rule.min), max_value: bound(rule.max) })
      return ofValues(type, { column: name, ...bounds }, { promise: promise(rule.kind) })
    }),
  ]
}

function keyPart(columns: readonly string[], stream: string): Part {
  const promise = constraintName(stream, ...columns, 'key')
  const [only] = columns
  if (columns.length === 1 && only !== undefined)
    return ofValues('expect_column_values_to_be_unique', { column: only }, { promise })
  return ofValues('expect_compound_columns_to_be_unique', { column_list: columns }, { promise })
}

const firstStream = (check: CrossCheck): string | undefined =>
  'equal' in check ? check.equal[0].stream : 'every' in check ? check.every.stream : check.together[0].stream

function crossPart(check: CrossCheck, set: ContractSet, target: Target): Part {
  const promise = constraintName(set.pipeline, check.name)
  const query = crossCheckQuery(check, set, target)
  if ('reason' in query) return { stream: firstStream(check) ?? '', promise, reason: query.reason }
  return rowsPart(promise, check.effect, query.sql)
}

function rowsPart(promise: string, effect: Effect, query: string): Expectation {
  return {
    type: 'unexpected_rows_expectation',
    kwargs: { unexpected_rows_query: query, description: promise },
    meta: { promise, effect },
    tolerance: null,
  }
}
