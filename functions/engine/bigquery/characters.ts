import { type Allowed, CHARACTER_NAMES, CHARACTER_PATTERNS } from '../characters.ts'
import { literal } from './text.ts'

/** SQL of a record without what stands at its ends and is no part of a value. */
export function foldedRecordSql(text: string): string {
  return `REGEXP_REPLACE(${text}, ${literal(CHARACTER_PATTERNS.recordEdges)}, '')`
}

/** SQL of a text as its column holds it: the rules of `foldText`. */
export function foldedTextSql(text: string, allowed: Allowed): string {
  if (allowed === 'control') return text
  const bare = `REGEXP_REPLACE(${text}, ${literal(CHARACTER_PATTERNS.textEdges)}, '')`
  const single = `REGEXP_REPLACE(${bare}, ${literal(CHARACTER_PATTERNS.doubledCr)}, '\\r\\n')`
  return `REGEXP_REPLACE(${single}, ${literal(CHARACTER_PATTERNS.blanks[allowed])}, ' ')`
}

/** SQL of the first part of a text, of which every character may stand in it. */
export function acceptedSql(text: string, pattern: string): string {
  return `REGEXP_EXTRACT(${text}, ${literal(`^(${pattern})`)})`
}

/** SQL of where the character after the first part of a text stands, from 1. */
export const placeSql = (before: string): string => `CAST(CHAR_LENGTH(${before}) + 1 AS STRING)`

/** SQL of the code point of that character; NULL when the first part is all of it. */
export function codeSql(text: string, before: string): string {
  return `TO_CODE_POINTS(SUBSTR(${text}, CHAR_LENGTH(${before}) + 1, 1))[SAFE_OFFSET(0)]`
}

/** SQL of a code point as messages name it: `U+202F (narrow no-break space)`. */
export function nameSql(code: string): string {
  const names = CHARACTER_NAMES.map(([each, name]) => `WHEN ${each} THEN ${literal(` (${name})`)}`).join(' ')
  return `CONCAT('U+', FORMAT('%04X', ${code}), CASE ${code} ${names} ELSE '' END)`
}

/** SQL of a text in which each invisible character is written as `\u{202f}`. */
export function visibleSql(text: string): string {
  const invisible = literal(CHARACTER_PATTERNS.invisible)
  const written = `CONCAT('\\\\u{', FORMAT('%x', TO_CODE_POINTS(c)[SAFE_OFFSET(0)]), '}')`
  const characters = `ARRAY(SELECT IF(REGEXP_CONTAINS(c, ${invisible}), ${written}, c) FROM UNNEST(SPLIT(${text}, '')) AS c WITH OFFSET AS o ORDER BY o)`
  return `IF(REGEXP_CONTAINS(${text}, ${invisible}), ARRAY_TO_STRING(${characters}, ''), ${text})`
}
