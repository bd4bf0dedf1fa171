import type { Catalog } from '../../api/contract/catalog.ts'
import { DATABASE, dataTypeOf } from '../../contract/formats/openmetadata.ts'
import type { CatalogEntry } from '../entry.ts'

type CatalogColumn = CatalogEntry['columns'][number]

/** A tag or a term of a glossary at a column, as Daybreak sets it. */
export interface TagLabel {
  readonly tagFQN: string
  readonly source: 'Classification' | 'Glossary'
  readonly labelType: 'Automated'
  readonly state: 'Confirmed'
}

/** A column of a table in OpenMetadata. */
export interface WantedColumn {
  readonly name: string
  readonly dataType: string
  readonly dataTypeDisplay: string
  readonly description: string
  readonly constraint: 'PRIMARY_KEY' | 'NOT_NULL' | 'NULL'
  readonly ordinalPosition: number
  readonly tags: readonly TagLabel[]
}

/** Key of a table in OpenMetadata. */
interface WantedConstraint {
  readonly constraintType: 'PRIMARY_KEY'
  readonly columns: readonly string[]
}

/** Body of a request that creates an entity. */
interface WantedBody {
  readonly name: string
  readonly displayName?: string
  readonly description: string
  readonly synonyms?: readonly string[]
  readonly columns?: readonly WantedColumn[]
  readonly tableConstraints?: readonly WantedConstraint[]
  /** Further members of its collection, such as the name of its parent. */
  readonly [member: string]: unknown
}

/** An entity that the catalog has, where it is and how it is asked to be. */
export interface WantedEntity {
  /** As output names it. */
  readonly kind: string
  /** Path of its collection in the REST API. */
  readonly collection: string
  /** Members that a request must ask for by name. */
  readonly fields: readonly string[]
  readonly fqn: string
  readonly body: WantedBody
  /** E-mail of a user or name of a team; null where no owner is named, or the entity has none. */
  readonly owner: string | null
}

/** Columns that a column is made of, by full names. */
interface ColumnLineage {
  readonly fromColumns: readonly string[]
  readonly toColumn: string
}

/** A table that another is made of, or that a page shows. */
export interface WantedEdge {
  readonly from: string
  readonly to: string
  readonly columns: readonly ColumnLineage[]
}

/** The catalog in the words of OpenMetadata: entities after what they stand below, then edges. */
interface WantedCatalog {
  readonly entities: readonly WantedEntity[]
  readonly edges: readonly WantedEdge[]
}

const PRIVACY = {
  mask: 'Part of each value is replaced before it is stored.',
  hash: 'A hash with a secret key is stored in place of each value.',
  drop: 'Values are left out before a row is stored.',
} as const

/** Pure: name of the classification whose tags say what is done to private values. */
export function classificationOf(service: string): string {
  return `${service}_privacy`
}

/** Pure: full name of an entity; a part that has a dot stands in quotes. */
function fqnOf(...parts: readonly string[]): string {
  return parts.map((part) => (part.includes('.') ? `"${part}"` : part)).join('.')
}

/** Pure: name of a term. Quotes, slashes and `::` have a meaning in full names and paths; the display name keeps them. */
function termName(term: string): string {
  return term.replaceAll(/["/\\%]/g, '-').replaceAll('::', ':')
}

/** Pure: entities and edges that OpenMetadata is asked to hold. A page or export that shows tables is a dashboard there. */
export function wantedCatalog({ entries, glossary, environment }: Catalog, service: string): WantedCatalog {
  const tables = entries.filter(({ kind }) => kind !== 'exposure')
  const pages = entries.filter(({ kind }) => kind === 'exposure')
  const schemas = [...new Set(tables.map(({ id }) => placeOf(id).schema))]
  const classification = classificationOf(service)
  const below = `tables of Daybreak, environment ${environment}`
  return {
    entities: [
      entity('service', 'services/databaseServices', [service], {
        ...{ name: service, serviceType: 'CustomDatabase', description: `Streams and models: ${below}.` },
      }),
      entity('database', 'databases', [service, DATABASE], {
        ...{ name: DATABASE, service, description: `All ${below}.` },
      }),
      entity('classification', 'classifications', [classification], {
        ...{ name: classification, description: 'What Daybreak does to private values before they are stored.' },
      }),
      ...Object.entries(PRIVACY).map(([name, description]) =>
        entity('tag', 'tags', [classification, name], { name, classification, description }),
      ),
      ...(glossary.length === 0
        ? []
        : [
            entity('glossary', 'glossaries', [service], {
              ...{ name: service, description: 'Words of the business, and the columns that hold what they mean.' },
            }),
          ]),
      ...glossary.map(({ term, meaning, synonyms }) =>
        entity('term', 'glossaryTerms', [service, termName(term)], {
          ...{ name: termName(term), displayName: term, glossary: service, description: meaning },
          ...(synonyms.length > 0 && { synonyms }),
        }),
      ),
      ...schemas.map((schema) =>
        entity('schema', 'databaseSchemas', [service, DATABASE, schema], {
          ...{ name: schema, database: fqnOf(service, DATABASE), description: schemaText(schema, tables) },
        }),
      ),
      ...tables.map((entry) => tableOf(entry, service)),
      ...(pages.length === 0
        ? []
        : [
            entity('service', 'services/dashboardServices', [service], {
              ...{
                name: service,
                serviceType: 'CustomDashboard',
                description: `Pages and exports that show ${below}.`,
              },
            }),
          ]),
      ...pages.map((entry) => pageOf(entry, service)),
    ],
    edges: entries.flatMap((entry) => edgesOf(entry, new Set(tables.map(({ id }) => id)), service)),
  }
}

function entity(kind: string, collection: string, parts: readonly string[], body: WantedBody): WantedEntity {
  return { kind, collection, fields: [], fqn: fqnOf(...parts), body, owner: null }
}

function placeOf(id: string): { readonly schema: string; readonly name: string } {
  const [schema = '', name = ''] = id.split('.')
  return { schema, name }
}

function schemaText(schema: string, tables: readonly CatalogEntry[]): string {
  const isModels = tables.some(({ id, kind }) => kind === 'model' && placeOf(id).schema === schema)
  return isModels ? 'Models: tables that are made of streams.' : `Streams of the pipeline ${schema}.`
}

function tableFqn(id: string, service: string): string {
  const { schema, name } = placeOf(id)
  return fqnOf(service, DATABASE, schema, name)
}

function tableOf(entry: CatalogEntry, service: string): WantedEntity {
  const { id, title, description, form, key } = entry
  const { schema, name } = placeOf(id)
  return {
    ...{ kind: 'table', collection: 'tables', fields: ['columns', 'tags', 'tableConstraints', 'owners'] },
    fqn: tableFqn(id, service),
    owner: entry.owner,
    body: {
      ...{ name, displayName: title, description },
      tableType: form === 'view' ? 'View' : 'Regular',
      databaseSchema: fqnOf(service, DATABASE, schema),
      columns: entry.columns.map((column, index) => columnOf(column, { index, key, service })),
      tableConstraints: key.length === 0 ? [] : [{ constraintType: 'PRIMARY_KEY', columns: key }],
    },
  }
}

function pageOf({ name, title, description, form, owner, url }: CatalogEntry, service: string): WantedEntity {
  return {
    ...{ kind: 'dashboard', collection: 'dashboards', fields: ['owners'], fqn: fqnOf(service, name), owner },
    body: {
      ...{ name, displayName: title, description, service },
      dashboardType: form === 'page' ? 'Dashboard' : 'Report',
      ...(url !== null && { sourceUrl: url }),
    },
  }
}

function columnOf(
  { name, type, description, isRequired, privacy, terms }: CatalogColumn,
  { index, key, service }: { readonly index: number; readonly key: readonly string[]; readonly service: string },
): WantedColumn {
  const isKey = key.length === 1 && key[0] === name
  const tag = (source: TagLabel['source'], tagFQN: string): TagLabel => {
    return { tagFQN, source, labelType: 'Automated', state: 'Confirmed' }
  }
  return {
    ...{ name, dataType: dataTypeOf(type), dataTypeDisplay: type ?? 'unknown', description },
    constraint: isKey ? 'PRIMARY_KEY' : isRequired ? 'NOT_NULL' : 'NULL',
    ordinalPosition: index + 1,
    tags: [
      ...(privacy === 'keep' ? [] : [tag('Classification', fqnOf(classificationOf(service), privacy))]),
      ...terms.map((term) => tag('Glossary', fqnOf(service, termName(term)))),
    ],
  }
}

function edgesOf(entry: CatalogEntry, known: ReadonlySet<string>, service: string): readonly WantedEdge[] {
  const isPage = entry.kind === 'exposure'
  const to = isPage ? fqnOf(service, entry.name) : tableFqn(entry.id, service)
  return entry.reads
    .filter((id) => known.has(id))
    .map((id) => {
      const from = tableFqn(id, service)
      // A dashboard has no columns there.
      const columns = (isPage ? [] : entry.columns).flatMap((column) => {
        const names = new Set(column.from.filter(({ table }) => table === id).map((source) => source.column))
        return names.size === 0
          ? []
          : [{ fromColumns: [...names].map((name) => `${from}.${name}`), toColumn: `${to}.${column.name}` }]
      })
      return { from, to, columns }
    })
}
