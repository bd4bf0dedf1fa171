import type { CatalogEntry } from './entry.ts'

// Limits of BigQuery, in characters.
const TABLE_TEXT = 16_384
const COLUMN_TEXT = 1_024

/** A column of a table of BigQuery, as far as a catalog describes it. */
interface StoredColumn {
  readonly name: string
  readonly description: string
  readonly policyTags: readonly string[]
}

/** A table or view of BigQuery as it is described there. */
export interface StoredDescription {
  readonly isView: boolean
  readonly description: string
  readonly labels: Readonly<Record<string, string>>
  readonly columns: readonly StoredColumn[]
}

/** One difference between a table and the catalog. */
export interface DescriptionChange {
  readonly table: string
  readonly what: string
  readonly from: string
  readonly to: string
}

/** A description to write, and the differences to the one that is there. Columns keep their order. */
export interface DescriptionPlan {
  readonly changes: readonly DescriptionChange[]
  readonly wanted: StoredDescription
}

/**
 * Pure: makes the description of a table that of the catalog. Labels and policy tags that others set stay; a policy tag is
 * set where the catalog names one. A view carries none: BigQuery takes those of the tables below it.
 */
export function planDescription(
  entry: Pick<CatalogEntry, 'description' | 'labels' | 'columns'>,
  table: string,
  stored: StoredDescription,
): DescriptionPlan {
  const described = new Map(entry.columns.map((column) => [column.name.toLowerCase(), column]))
  const wanted: StoredDescription = {
    isView: stored.isView,
    description: cut(entry.description, TABLE_TEXT),
    labels: { ...stored.labels, ...entry.labels },
    columns: stored.columns.map((column) => {
      const known = described.get(column.name.toLowerCase())
      if (!known) return column
      const tag = stored.isView ? null : known.policyTag
      return {
        name: column.name,
        description: cut(known.description, COLUMN_TEXT),
        policyTags: tag === null ? column.policyTags : [tag],
      }
    }),
  }
  return { wanted, changes: differences(table, stored, wanted) }
}

function differences(
  table: string,
  stored: StoredDescription,
  wanted: StoredDescription,
): readonly DescriptionChange[] {
  const change = (what: string, from: string, to: string) => (from === to ? [] : [{ table, what, from, to }])
  return [
    ...change('description', stored.description, wanted.description),
    ...Object.entries(wanted.labels).flatMap(([name, value]) =>
      change(`label ${name}`, stored.labels[name] ?? '', value),
    ),
    ...wanted.columns.flatMap((column, at) => {
      const before = stored.columns[at]
      return [
        ...change(`description of ${column.name}`, before?.description ?? '', column.description),
        ...change(`policy tag of ${column.name}`, before?.policyTags.join(', ') ?? '', column.policyTags.join(', ')),
      ]
    }),
  ]
}

/** A text of at most so many characters; a cut one ends with three points. */
function cut(text: string, length: number): string {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, length - 3).join('')}...`
}
