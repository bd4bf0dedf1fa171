import type { Catalog } from '../../functions/api/contract/catalog.ts'
import type { Block, Cell, Inline, Page } from './page.ts'

type Entry = Catalog['entries'][number]
type Column = Entry['columns'][number]

/** Pure: a page of all tables and the glossary, and a page per table or exposure. */
export function pagesOf(catalog: Catalog): readonly Page[] {
  const known = new Set(catalog.entries.map(({ id }) => id))
  return [indexPage(catalog, known), ...catalog.entries.map((entry) => entryPage(entry, known))]
}

const HEADINGS: Readonly<Record<Entry['kind'], string>> = {
  stream: 'Streams',
  model: 'Models',
  exposure: 'Pages and exports',
}

function indexPage({ environment, at, entries, glossary }: Catalog, known: ReadonlySet<string>): Page {
  const kinds = (['stream', 'model', 'exposure'] as const).filter((kind) =>
    entries.some((entry) => entry.kind === kind),
  )
  return {
    path: 'index',
    title: 'Catalog',
    blocks: [
      text(`Environment ${environment}, as of ${at}.`),
      ...kinds.flatMap((kind) => [
        heading(HEADINGS[kind]),
        table(
          ['name', 'what one row is', 'owner', 'newest', 'quality'],
          entries
            .filter((entry) => entry.kind === kind)
            .map((entry) => [
              [{ text: entry.kind === 'exposure' ? entry.title : entry.id, to: pathOf(entry.id) }],
              [entry.description],
              [entry.owner ?? ''],
              [entry.newestWindow ?? ''],
              [entry.quality],
            ]),
        ),
      ]),
      ...(glossary.length === 0
        ? []
        : [
            heading('Glossary'),
            table(
              ['term', 'meaning', 'other words', 'columns'],
              glossary.map(({ term, meaning, synonyms, columns }) => [
                [term],
                [meaning],
                [synonyms.join(', ')],
                listed(columns.map(({ table: id, column }) => linkTo(id, known, `${id}.${column}`))),
              ]),
            ),
          ]),
    ],
  }
}

function entryPage(entry: Entry, known: ReadonlySet<string>): Page {
  const { id, title, description, columns, checks, references } = entry
  return {
    path: pathOf(id),
    title,
    blocks: [
      { kind: 'text', line: [{ text: 'Catalog', to: 'index' }] },
      text(description),
      ...(entry.quality === '' ? [] : [text(entry.quality)]),
      table(
        ['', ''],
        factsOf(entry, known)
          .filter(([, value]) => value.length > 0 && value.some((part) => part !== ''))
          .map(([name, value]) => [[name], value]),
      ),
      heading('Columns'),
      table(
        ['column', 'type', 'meaning', 'privacy', 'made of'],
        columns.map((column) => [
          [{ code: column.name }, ...(column.isKey ? [' (key)'] : [])],
          [column.type ?? '', ...(column.unit === null ? [] : [`, ${column.unit}`])],
          [meaningOf(column)],
          [column.privacy === 'keep' ? '' : column.privacy],
          madeOf(column, known),
        ]),
      ),
      ...(references.length === 0
        ? []
        : [
            heading('References'),
            table(
              ['columns', 'key of', 'an orphan'],
              references.map(({ columns: own, to, effect }) => [[own.join(', ')], [linkTo(to, known)], [effect]]),
            ),
          ]),
      ...(checks.length === 0
        ? []
        : [
            heading('Checks'),
            table(
              ['check', 'rule', 'effect', 'meaning', 'failures'],
              checks.map((check) => [
                [{ code: check.name }],
                [check.rule ?? ''],
                [check.effect],
                [check.description],
                [check.failed === null ? '' : String(check.failed)],
              ]),
            ),
          ]),
    ],
  }
}

function factsOf(entry: Entry, known: ReadonlySet<string>): readonly (readonly [string, Cell])[] {
  const { reason, labels } = entry
  return [
    ['id', [{ code: entry.id }]],
    ['owner', [entry.owner ?? '']],
    ['state', [entry.state ?? '', ...(reason === null ? [] : [`: ${reason.message}`])]],
    ['newest window', [entry.newestWindow ?? '']],
    ['changed at', [entry.freshAt ?? '']],
    ['version', [entry.version ?? '']],
    ['file', [entry.file ?? '']],
    ['address', [entry.url ?? '']],
    ['declared in', [{ code: entry.source }]],
    ['key', [entry.key.join(', ')]],
    ['partitioned by', [entry.partitionBy ?? '']],
    ['clustered by', [entry.clusterBy.join(', ')]],
    [
      'labels',
      [
        Object.entries(labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(', '),
      ],
    ],
    ['reads', listed(entry.reads.map((id) => linkTo(id, known)))],
    ['read by', listed(entry.readBy.map((id) => linkTo(id, known)))],
  ]
}

/** Meaning, terms, values and rules of a column. */
function meaningOf({ description, terms, values, rules, of, isAdditive, expression }: Column): string {
  return [
    description,
    ...(terms.length === 0 ? [] : [`Term: ${terms.join(', ')}.`]),
    ...(expression === null ? [] : [`Computed as ${expression}.`]),
    ...(values === null || rules.length > 0 ? [] : [`Seen: ${values.join(', ')}.`]),
    ...(rules.length === 0 ? [] : [`Each value is ${rules.join('; ')}.`]),
    ...(of.length === 0 ? [] : [`Made of ${of.join(' and ')}.`]),
    ...(isAdditive === false && of.length > 0 ? ['No sum of it means anything.'] : []),
  ].join(' ')
}

function madeOf({ headers, from }: Column, known: ReadonlySet<string>): Cell {
  if (headers.length > 0) return [`header ${headers.join(' or ')}`]
  return listed(from.map(({ table: id, column }) => linkTo(id, known, `${id}.${column}`)))
}

/** Pure: path of the page of an entry. Names of files have no colon on every system. */
export function pathOf(id: string): string {
  return `tables/${id.replaceAll(/[^A-Za-z0-9._-]/g, '-')}`
}

function linkTo(id: string, known: ReadonlySet<string>, shown = id): Inline {
  return known.has(id) ? { text: shown, to: pathOf(id) } : shown
}

function listed(items: readonly Inline[]): Cell {
  return items.flatMap((item, at) => (at === 0 ? [item] : [', ', item]))
}

const heading = (title: string): Block => ({ kind: 'heading', text: title })
const text = (line: string): Block => ({ kind: 'text', line: [line] })
const table = (head: readonly string[], rows: readonly (readonly Cell[])[]): Block => ({ kind: 'table', head, rows })
