import { quoteString } from '../sql/dialects/duckdb/quote.ts'

/** How a duration is written: `-00:-28:-25`, or `2 weeks, 1 day and 6 seconds`. */
export type DurationGrammar = 'signed_clock_duration' | 'prose_duration'

// Longest first. Toast's words are those of Joda-Time, which writes an empty duration as `0 milliseconds`
// and gives every number the sign of the whole.
/** The words of prose, longest unit first, and their milliseconds. */
export const UNITS = [
  { word: 'week', milliseconds: 604_800_000 },
  { word: 'day', milliseconds: 86_400_000 },
  { word: 'hour', milliseconds: 3_600_000 },
  { word: 'minute', milliseconds: 60_000 },
  { word: 'second', milliseconds: 1_000 },
  { word: 'millisecond', milliseconds: 1 },
] as const

/** The same as DuckDB SQL over a VARCHAR: int64 seconds, NULL for NULL and for what does not parse. */
export function durationSql(grammar: DurationGrammar, text: string): string {
  return grammar === 'prose_duration' ? proseSql(text) : clockSql(text)
}

function clockSql(text: string): string {
  const part = (index: number): string => `TRY_CAST(split_part(${text}, ':', ${index}) AS BIGINT)`
  const shape = quoteString('-?[0-9]{1,9}:-?[0-5]?[0-9]:-?[0-5]?[0-9]')
  return `CASE WHEN regexp_full_match(${text}, ${shape}) THEN ${part(1)} * 3600 + ${part(2)} * 60 + ${part(3)} END`
}

function proseSql(text: string): string {
  // `^` also stands where a unit is the first; a text that starts with a separator is refused separately.
  const shape = UNITS.map(({ word }) => `(?:(?:^|, and | and |, )-?[0-9]{1,9} ${word}s?)?`).join('')
  const amount = ({ word }: (typeof UNITS)[number]): string =>
    `coalesce(TRY_CAST(nullif(regexp_extract(${text}, ${quoteString(`(-?[0-9]{1,9}) ${word}s?(?:$|,| )`)}, 1), '') AS BIGINT), 0)`
  const sum = UNITS.map((unit) => `${amount(unit)} * ${unit.milliseconds}`).join(' + ')
  const fits = `regexp_full_match(${text}, ${quoteString(shape)}) AND regexp_matches(${text}, '^[-0-9]')`
  return `CASE WHEN ${fits} THEN (${sum}) // 1000 END`
}
