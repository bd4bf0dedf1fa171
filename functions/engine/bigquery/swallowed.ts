import { ID_START, PROSE_WIDTH } from '../file/swallowed.ts'
import { fieldSql, literal, unquotedSql } from './text.ts'

/**
 * SQL of the first field that looks as if its quote had swallowed rows, as STRUCT of `place` and `lines`; NULL when none
 * does: the rules of `swallowedLines`.
 */
export function swallowingSql(fields: string, width: number): string {
  const several = `SELECT place, ${unquotedSql('f')} AS field FROM UNNEST(${fields}) AS f WITH OFFSET AS place WHERE STRPOS(f, '\\n') > 0`
  const split = `SELECT place, field, SPLIT(field, '\\n') AS parts FROM (${several})`
  const first = `COALESCE(${fieldSql(fields, 0)}, '')`
  const begins = `${first} <> '' AND STARTS_WITH(line, CONCAT(${first}, ',')) AND SUBSTR(line, CHAR_LENGTH(${first}) + 2, 1) <> ' '`
  const whole = `l < ARRAY_LENGTH(parts) - 1 AND ${separatorsSql('line', width)} = ${width - 1}`
  const suspect = `EXISTS(SELECT 1 FROM UNNEST(parts) AS line WITH OFFSET AS l WHERE l > 0 AND ((${whole}) OR REGEXP_CONTAINS(line, ${literal(ID_START.source)}) OR (${begins})))`
  const many = `${separatorsSql('field', width)} >= ${width - 1} * (ARRAY_LENGTH(parts) - 1)`
  const enough = width < 2 ? 'FALSE' : `${many} OR ${suspect}`
  return `(SELECT AS STRUCT place, ARRAY_LENGTH(parts) - 1 AS lines FROM (${split}) WHERE ${enough} ORDER BY place LIMIT 1)`
}

function separatorsSql(text: string, width: number): string {
  const count = (part: string): string =>
    `DIV(CHAR_LENGTH(${text}) - CHAR_LENGTH(REPLACE(${text}, '${part}', '')), ${part.length})`
  return width > PROSE_WIDTH ? count(',') : `(${count(',')} - ${count(', ')})`
}
