import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'

type Catalog = ApiAnswer<'GET /api/catalog'>
type Entry = Catalog['entries'][number]

/** A column with the table that has it. */
export interface FoundColumn {
  readonly entry: Entry
  readonly column: Entry['columns'][number]
}

/** Everything in a catalog that a text is found in, the nearest first. */
export interface Found {
  readonly entries: readonly Entry[]
  readonly columns: readonly FoundColumn[]
  readonly terms: Readonly<Catalog['glossary']>
}

/** Pure: tables, columns and words that have all words of a text in their names, descriptions, owners or labels. */
export function searchCatalog({ entries, glossary }: Pick<Catalog, 'entries' | 'glossary'>, text: string): Found {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return { entries, columns: [], terms: glossary }
  const pick = <Item>(items: readonly Item[], textOf: (item: Item) => Texts): readonly Item[] =>
    items
      .map((item) => ({ item, rank: rankOf(textOf(item), words) }))
      .filter(({ rank }) => rank > 0)
      .toSorted((a, b) => b.rank - a.rank)
      .map(({ item }) => item)
  const columns = entries
    .filter(({ kind }) => kind !== 'exposure')
    .flatMap((entry) => entry.columns.map((column) => ({ entry, column })))
  return {
    entries: pick(entries, ({ name, title, description, owner, labels, file }) => ({
      name,
      more: [title, description, owner, file, ...Object.values(labels)],
    })),
    columns: pick(columns, ({ column: { name, description, headers, terms } }) => ({
      name,
      more: [description, ...headers, ...terms],
    })),
    terms: pick(glossary, ({ term, synonyms, meaning }) => ({ name: term, more: [...synonyms, meaning] })),
  }
}

interface Texts {
  readonly name: string
  readonly more: readonly (string | null)[]
}

/** 0 where a word is missing; more for one in the name, most for a name that begins with it or is it. */
function rankOf({ name, more }: Texts, words: readonly string[]): number {
  const own = name.toLowerCase()
  const spoken = own.replaceAll('_', ' ')
  const rest = more
    .filter((text) => text !== null)
    .join('\n')
    .toLowerCase()
  let rank = 0
  for (const word of words) {
    if (own === word || spoken === word) rank += 8
    else if (own.startsWith(word) || spoken.startsWith(word)) rank += 4
    else if (own.includes(word) || spoken.includes(word)) rank += 2
    else if (rest.includes(word)) rank += 1
    else return 0
  }
  return rank
}
