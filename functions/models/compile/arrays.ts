import type { FunctionSql } from './functions.ts'
import { aligned } from './numbers.ts'
import { once, piece } from './piece.ts'

const atOffset: FunctionSql = (call, [of, offset], refuse) => {
  const at = Number(offset?.constant ?? Number.NaN)
  if (!Number.isInteger(at) || at < 0)
    throw refuse({ what: 'OFFSET of no literal', instead: 'Write a number, or use SAFE_OFFSET' })
  const sql = once(of?.sql ?? '', (array) => {
    const element = `list_extract(${array}, ${at + 1})`
    return `CASE WHEN ${array} IS NULL OR len(${array}) > ${at} THEN ${element} ELSE error('the array has no OFFSET(${at})') END`
  })
  return piece(call.type, sql)
}

const safeOffset: FunctionSql = (call, [of, offset], refuse) => {
  const at = Number(offset?.constant ?? Number.NaN)
  if (!Number.isInteger(at) || at < 0) throw refuse({ what: 'SAFE_OFFSET of no literal', instead: 'Write a number' })
  return piece(call.type, `list_extract(${of?.sql}, ${at + 1})`)
}

const series: FunctionSql = (call, [from, to, step], refuse) => {
  if (step && step.constant !== '1')
    throw refuse({ what: 'GENERATE_ARRAY of other steps than 1', instead: 'Multiply the elements' })
  return piece(call.type, `generate_series(${from?.sql}, ${to?.sql})`)
}

/** Functions of arrays, by their names in the tree. */
export const ARRAYS: Readonly<Record<string, FunctionSql>> = {
  $make_array: (call, args) =>
    piece(
      call.type,
      `[${aligned(args)
        .map(({ sql }) => sql)
        .join(', ')}]`,
    ),
  array_length: (call, [of]) => piece(call.type, `CAST(len(${of?.sql}) AS BIGINT)`),
  array_to_string: (call, args, refuse) => {
    if (args.length > 2) throw refuse({ what: 'ARRAY_TO_STRING with a text for NULL', instead: 'Use IFNULL before' })
    return piece(call.type, `array_to_string(${args.map(({ sql }) => sql).join(', ')})`)
  },
  $array_at_offset: atOffset,
  $safe_array_at_offset: safeOffset,
  generate_array: series,
}
