/** Values of a record of CSV: null is nothing between two commas, an empty text is `""`. */
export type CsvRecord = readonly (string | null)[]

/**
 * Records of CSV without a header, separated by commas, with `"` that double inside of quotes and a line feed after each record. Takes
 * the memory of the longest record.
 */
export async function* csvRecords(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest = ''
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    let from = 0
    for (let end = endOf(rest, from); end >= 0; end = endOf(rest, from)) {
      yield valuesOf(rest.slice(from, end))
      from = end + 1
    }
    rest = rest.slice(from)
  }
  if (rest !== '') yield valuesOf(rest)
}

/** Place of the line feed after the record that begins at a place; -1 while it is not there. */
function endOf(text: string, from: number): number {
  let end = text.indexOf('\n', from)
  let quote = text.indexOf('"', from)
  while (end >= 0 && quote >= 0 && quote < end) {
    const close = text.indexOf('"', quote + 1)
    if (close < 0) return -1
    if (close > end) end = text.indexOf('\n', close)
    quote = text.indexOf('"', close + 1)
  }
  return end
}

function valuesOf(line: string): CsvRecord {
  const values: (string | null)[] = []
  let at = 0
  for (;;) {
    const { value, end } = line[at] === '"' ? quotedAt(line, at + 1) : plainAt(line, at)
    values.push(value)
    if (end >= line.length) return values
    at = end + 1
  }
}

function plainAt(line: string, from: number): { readonly value: string | null; readonly end: number } {
  const comma = line.indexOf(',', from)
  const end = comma < 0 ? line.length : comma
  return { value: end === from ? null : line.slice(from, end), end }
}

function quotedAt(line: string, from: number): { readonly value: string; readonly end: number } {
  let end = line.indexOf('"', from)
  while (line[end + 1] === '"') end = line.indexOf('"', end + 2)
  const close = end < 0 ? line.length : end
  return { value: line.slice(from, close).replaceAll('""', '"'), end: close + 1 }
}

/** A record as a line of CSV, as `csvRecords` reads it. */
export function csvLine(values: CsvRecord): string {
  return `${values.map((value) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`)).join(',')}\n`
}
