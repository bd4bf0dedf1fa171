import { WIDEST } from '../../contract/expression/value.ts'
import type { AggregateCall, Column, Expression, Frame, Order, Span } from '../tree.ts'
import { type Compilation, type Refusal, refused } from './compilation.ts'
import { nameOf } from './expression.ts'
import { isTotal, type Key } from './keys.ts'
import { aligned, quotient } from './numbers.ts'
import { isScalar, type Piece, piece } from './piece.ts'
import { INSTEAD } from './refuse.ts'

/** Rows that an aggregate sees. */
export interface Rows {
  readonly keys: readonly Key[]
  /** Columns that are alike in all of them. */
  readonly alike: readonly number[]
  /** Written after each call: nothing, FILTER (...) or OVER (...). */
  readonly suffix: string
  /** Order of the window; null for a group. */
  readonly order: readonly Order[] | null
}

/** A call with what it is compiled in. */
interface Context {
  readonly call: AggregateCall
  readonly args: readonly Piece[]
  readonly rows: Rows
  readonly refuse: (refusal: Refusal) => ReturnType<typeof refused>
}

type AggregateSql = (context: Context) => Piece

/** ORDER BY item with the place of NULL spelled out. */
export function orderSql({ column, isDescending, nulls }: Order): string {
  return `${nameOf(column)} ${isDescending ? 'DESC' : 'ASC'} NULLS ${nulls.toUpperCase()}`
}

/** An aggregate or a function of a window. @throws {DaybreakError} MODEL_REFUSED. */
export function compileAggregate(compilation: Compilation, call: Expression, rows: Rows): Piece {
  if (call.kind !== 'aggregate') return compilation.expression(call)
  const refuse = (refusal: Refusal) => refused(compilation, placeOfCall(compilation, call), refusal)
  const name = call.name.toUpperCase()
  if (call.isSafe) throw refuse({ what: `SAFE.${name}`, instead: 'Guard the argument with IF' })
  if (call.isModified) throw refuse({ what: `${name} with HAVING MAX or MIN`, instead: 'Rank the rows in a subquery' })
  if (call.nulls === 'respect') throw refuse({ what: `${name} with RESPECT NULLS`, instead: 'Leave it out' })
  const compile = AGGREGATES.get(call.name)
  if (!compile) {
    const instead = INSTEAD[call.name] ?? 'docs/models.md lists the functions of models'
    throw refuse({ what: `the function ${name.replace('$', '')}`, instead })
  }
  if (call.order.some(({ hasCollation }) => hasCollation))
    throw refuse({ what: 'ORDER BY with COLLATE', instead: 'Order by LOWER(x) in a subquery' })
  const args = call.args.map((each) => compilation.expression(each))
  const context = { call, args, rows, refuse }
  expectOrder(context)
  return compile(context)
}

/** The analyser gives functions of a window no place: that of the first call of this name in the text. */
function placeOfCall({ source }: Compilation, { name, span }: AggregateCall): Span {
  if (span !== null) return span
  const at = source.text.search(new RegExp(`\\b${name.replace('$', '')}\\s*\\(`, 'i'))
  return at === -1 ? null : { start: Buffer.byteLength(source.text.slice(0, at)), end: 0 }
}

/** Functions whose result depends on the order of rows that are equal in ORDER BY. */
const ORDERED = ['row_number', 'ntile', 'first_value', 'last_value', 'nth_value', 'lag', 'lead']

function expectOrder({ call, rows, refuse }: Context): void {
  const { order, alike, keys } = rows
  if (order === null) return
  const counted = call.frame?.unit === 'ROWS' && !isWhole(call.frame)
  if (!counted && !ORDERED.includes(call.name)) return
  if (isTotal(keys, [...alike, ...order.map(({ column }) => column.id)])) return
  throw refuse({
    what: `${call.name.toUpperCase()} in an order that does not say which of two equal rows comes first`,
    instead: 'Add the key of the rows to ORDER BY (with location and date, unless they are in PARTITION BY)',
  })
}

const isWhole = ({ start, end }: Frame): boolean =>
  start.boundary === 'UNBOUNDED_PRECEDING' && end.boundary === 'UNBOUNDED_FOLLOWING'

const distinct = ({ call }: Context): string => (call.isDistinct ? 'DISTINCT ' : '')
const first = ({ args }: Context): Piece => {
  const [of] = args
  if (!of) throw new TypeError('an aggregate has an argument')
  return of
}

/** A function of the same name, with the type of its argument. */
const same =
  (name: string): AggregateSql =>
  (context) => {
    const of = first(context)
    if (of.type.kind !== 'scalar')
      throw context.refuse({ what: `${name.toUpperCase()} of an array or struct`, instead: 'Take one member' })
    return piece(context.call.type, `${name}(${of.sql})${context.rows.suffix}`, of.shape)
  }

const sumSql = (context: Context): Piece => {
  const of = first(context)
  const sql = `sum(${distinct(context)}${of.sql})${context.rows.suffix}`
  if (isScalar(of.type, 'int64')) return piece(context.call.type, `CAST(${sql} AS BIGINT)`)
  // A sum of decimals has 38 digits in DuckDB, and the same decimal places.
  return piece(context.call.type, sql, { digits: WIDEST.digits, scale: of.shape.scale })
}

const countSql = (context: Context): Piece => {
  if (context.args.length > 1) throw context.refuse({ what: 'COUNT of several columns', instead: 'Count one of them' })
  return piece(context.call.type, `count(${distinct(context)}${first(context).sql})${context.rows.suffix}`)
}

const average: AggregateSql = (context) => {
  const of = first(context)
  if (isScalar(context.call.type, 'numeric')) return quotient(sumSql(context), countSql(context))
  return piece(context.call.type, `avg(${distinct(context)}${of.sql})${context.rows.suffix}`)
}

/** Statistics of FLOAT64. */
const statistic =
  (name: string): AggregateSql =>
  (context) => {
    if (context.args.some(({ type }) => !isScalar(type, 'float64')))
      throw context.refuse({ what: `${name.toUpperCase()} of NUMERIC`, instead: 'Write CAST(x AS FLOAT64)' })
    const args = context.args.map(({ sql }) => sql).join(', ')
    return piece(context.call.type, `${name}(${distinct(context)}${args})${context.rows.suffix}`)
  }

/** Elements in an order that is the same each time. */
function ordered(context: Context): string {
  const { call, rows, refuse } = context
  const name = call.name.toUpperCase()
  const columns = call.order.map(({ column }) => column.id)
  const [argument] = call.args
  // Equal rows of an order by the value itself give equal values.
  const isByValue = argument?.kind === 'column' && columns.includes(argument.column.id)
  if (!isByValue && !(isTotal(rows.keys, [...rows.alike, ...columns]) && !call.isDistinct)) {
    throw refuse({
      what: `${name} in no order that is the same each time`,
      instead: call.isDistinct ? `Write ${name}(DISTINCT x ORDER BY x)` : 'Add ORDER BY with the key of the rows',
    })
  }
  return ` ORDER BY ${call.order.map(orderSql).join(', ')}`
}

function limitOf({ call, refuse }: Context): number | null {
  const { limit } = call
  if (limit === null) return null
  const of = limit.kind === 'cast' ? limit.of : limit
  if (of.kind === 'literal' && of.value !== null) return Number(of.value)
  throw refuse({ what: 'a LIMIT that is no literal', instead: 'Write a number' })
}

const stringAgg: AggregateSql = (context) => {
  const { args, call, refuse, rows } = context
  const of = first(context)
  const separator = args[1]
  if (rows.order !== null) throw refuse({ what: 'STRING_AGG of a window', instead: 'Group in a subquery' })
  if (!isScalar(of.type, 'string')) throw refuse({ what: 'STRING_AGG of BYTES', instead: 'Aggregate texts' })
  if (separator && typeof separator.constant !== 'string')
    throw refuse({ what: 'a separator that is no literal', instead: "Write it as a text, such as ', '" })
  const array = `array_agg(${distinct(context)}${of.sql}${ordered(context)}) FILTER (WHERE ${of.sql} IS NOT NULL)`
  const limit = limitOf(context)
  const elements = limit === null ? array : `(${array})[1:${limit}]`
  return piece(call.type, `array_to_string(${elements}, ${separator ? separator.sql : "','"})`)
}

const arrayAgg: AggregateSql = (context) => {
  const { call, refuse, rows } = context
  const of = first(context)
  if (rows.order !== null) throw refuse({ what: 'ARRAY_AGG of a window', instead: 'Group in a subquery' })
  const filter = call.nulls === 'ignore' ? ` FILTER (WHERE ${of.sql} IS NOT NULL)` : ''
  const array = `array_agg(${distinct(context)}${of.sql}${ordered(context)})${filter}`
  const limit = limitOf(context)
  return piece(call.type, limit === null ? array : `(${array})[1:${limit}]`)
}

/** Functions of a place in the window, which take no DISTINCT and give the type of their argument. */
const placed =
  (name: string): AggregateSql =>
  (context) => {
    const { args: given, call, rows } = context
    const args = aligned(given)
    const nulls = call.nulls === 'ignore' ? ' IGNORE NULLS' : ''
    const shape = args[0]?.shape
    return piece(call.type, `${name}(${args.map(({ sql }) => sql).join(', ')}${nulls})${rows.suffix}`, shape)
  }

const percentile =
  (name: 'quantile_cont' | 'quantile_disc'): AggregateSql =>
  (context) => {
    const { args, call, refuse, rows } = context
    const [of, at] = args
    if (typeof at?.constant !== 'string')
      throw refuse({ what: 'a percentile that is no literal', instead: 'Write a number from 0 to 1' })
    if (name === 'quantile_cont' && !isScalar(call.type, 'float64'))
      throw refuse({ what: 'PERCENTILE_CONT of NUMERIC', instead: 'Write PERCENTILE_CONT(CAST(x AS FLOAT64), 0.5)' })
    return piece(call.type, `${name}(${of?.sql}, CAST(${at.constant} AS DOUBLE))${rows.suffix}`, of?.shape)
  }

/** Ranks and numbers of rows. */
const counted =
  (name: string): AggregateSql =>
  ({ args, call, rows }) =>
    piece(call.type, `${name}(${args.map(({ sql }) => sql).join(', ')})${rows.suffix}`)

/** Every function of many rows that a model may call, by its name in the tree. */
export const AGGREGATES: ReadonlyMap<string, AggregateSql> = new Map<string, AggregateSql>([
  ['$count_star', ({ call, rows }) => piece(call.type, `count(*)${rows.suffix}`)],
  ['count', countSql],
  [
    'countif',
    (context) => piece(context.call.type, `count(CASE WHEN ${first(context).sql} THEN 1 END)${context.rows.suffix}`),
  ],
  ['sum', sumSql],
  ['avg', average],
  ['min', same('min')],
  ['max', same('max')],
  ['logical_or', same('bool_or')],
  ['logical_and', same('bool_and')],
  ['stddev_samp', statistic('stddev_samp')],
  ['stddev_pop', statistic('stddev_pop')],
  ['var_samp', statistic('var_samp')],
  ['var_pop', statistic('var_pop')],
  ['corr', statistic('corr')],
  ['string_agg', stringAgg],
  ['array_agg', arrayAgg],
  ['row_number', counted('row_number')],
  ['rank', counted('rank')],
  ['dense_rank', counted('dense_rank')],
  ['percent_rank', counted('percent_rank')],
  ['cume_dist', counted('cume_dist')],
  ['ntile', counted('ntile')],
  ['lag', placed('lag')],
  ['lead', placed('lead')],
  ['first_value', placed('first_value')],
  ['last_value', placed('last_value')],
  ['nth_value', placed('nth_value')],
  ['percentile_cont', percentile('quantile_cont')],
  ['percentile_disc', percentile('quantile_disc')],
])

/** The frame of a window. Offsets are literals. */
export function frameSql(compilation: Compilation, call: AggregateCall): string {
  const { frame } = call
  if (frame === null) return ''
  const end = ({ boundary, offset }: Frame['start']) => {
    if (offset === null) return boundary.replace('_', ' ')
    const { constant } = compilation.expression(offset)
    const words = {
      what: 'a frame with an offset that is no whole number of ROWS',
      instead: 'Write ROWS BETWEEN 6 PRECEDING AND CURRENT ROW',
    }
    if (typeof constant !== 'string' || frame.unit !== 'ROWS') throw refused(compilation, call.span, words)
    return `${constant} ${boundary.replace('OFFSET_', '')}`
  }
  return ` ${frame.unit} BETWEEN ${end(frame.start)} AND ${end(frame.end)}`
}

/** PARTITION BY of columns. */
export const partitionSql = (columns: readonly Column[]): string =>
  columns.length === 0 ? '' : `PARTITION BY ${columns.map(nameOf).join(', ')}`
