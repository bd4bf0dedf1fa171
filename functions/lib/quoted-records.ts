/**
 * Records of CSV in which every value is in quotes that double inside, and nothing stands for NULL. Pieces may end anywhere, also within a
 * character.
 */
export async function* quotedRecords(
  chunks: AsyncIterable<string>,
): AsyncGenerator<readonly (string | null)[], void, undefined> {
  let rest = ''
  for await (const chunk of chunks) {
    rest += chunk
    let start = 0
    for (;;) {
      const record = recordAt(rest, start)
      if (record === null) break
      yield record.values
      start = record.end
    }
    rest = rest.slice(start)
  }
}

interface FoundRecord {
  readonly values: readonly (string | null)[]
  readonly end: number
}

/** The record that begins at a place; null where its end is not there yet. */
function recordAt(text: string, start: number): FoundRecord | null {
  const values: (string | null)[] = []
  let at = start
  for (;;) {
    if (at >= text.length) return null
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1)
      if (end === null) return null
      values.push(text.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 1
    } else values.push(null)
    if (at >= text.length) return null
    if (text[at] === '\n') return { values, end: at + 1 }
    at++
  }
}

function closingQuote(text: string, from: number): number | null {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    // The next piece may begin with the second of two quotes.
    if (at + 1 >= text.length) return null
    if (text[at + 1] !== '"') return at
  }
  return null
}
