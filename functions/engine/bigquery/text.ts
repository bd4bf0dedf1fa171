import { quoteString } from '../../sql/dialects/bigquery/quote.ts'

/** A text literal of GoogleSQL. */
export const literal = (text: string): string => quoteString(text)

/** SQL that is true when the whole text matches a pattern of RE2. */
export const matches = (text: string, pattern: string): string =>
  `REGEXP_CONTAINS(${text}, ${literal(`^(?:${pattern})$`)})`

/** Characters that windows-1252 puts where Latin-1 has controls; the five that it leaves open stay those controls. */
const HIGH = [...new TextDecoder('windows-1252').decode(Uint8Array.from({ length: 32 }, (_, at) => 0x80 + at))].map(
  (character) => character.codePointAt(0) ?? 0,
)

/** SQL of bytes as text, by the encoding that another column names. */
export function decodedSql(bytes: string, encoding: string): string {
  const character = `COALESCE([${HIGH.join(', ')}][SAFE_OFFSET(code - 128)], code)`
  const codes = `ARRAY(SELECT ${character} FROM UNNEST(TO_CODE_POINTS(${bytes})) AS code WITH OFFSET AS place ORDER BY place)`
  return `IF(${encoding} = 'utf-8', SAFE_CONVERT_BYTES_TO_STRING(${bytes}), CODE_POINTS_TO_STRING(${codes}))`
}

/** SQL that is true for bytes that windows-1252 gives no character. */
export function undefinedBytesSql(bytes: string): string {
  return `REGEXP_CONTAINS(${bytes}, b'[\\x81\\x8d\\x8f\\x90\\x9d]')`
}

// A quote opens only where a field starts; elsewhere it is text, as in `12" pizza`.
const QUOTED = '"(?:[^"]|"")*"'
const BARE = '[^",][^,]*'

/** SQL of the fields of a record as they stand there, quotes and all; NULL when its quotes do not pair. */
export function fieldsSql(text: string): string {
  const field = `(?:${QUOTED}|${BARE}|)`
  const whole = matches(text, `${field}(?:,${field})*`)
  return `IF(${whole}, REGEXP_EXTRACT_ALL(CONCAT(',', ${text}), ${literal(`,(${QUOTED}|${BARE}|)`)}), NULL)`
}

/** SQL of a field without its quotes; NULL for an empty one and for one that is not there. */
export function fieldSql(fields: string, position: number): string {
  return `NULLIF(${unquotedSql(`${fields}[SAFE_OFFSET(${position})]`)}, '')`
}

/** SQL of a field without its quotes. */
export function unquotedSql(field: string): string {
  return `IF(STARTS_WITH(${field}, '"'), REPLACE(SUBSTR(${field}, 2, CHAR_LENGTH(${field}) - 2), '""', '"'), ${field})`
}

/** White space at whose edge a field is quoted: that of JavaScript, of which RE2's own class knows only a part. */
const SPACE = '\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}'
const DOUBTFUL = `[",\\r\\n]|^[${SPACE}]|[${SPACE}]$`

/** SQL of a value as a field of CSV that every reader takes the same way. */
export function writtenSql(value: string): string {
  return `IF(REGEXP_CONTAINS(${value}, ${literal(DOUBTFUL)}), CONCAT('"', REPLACE(${value}, '"', '""'), '"'), ${value})`
}
