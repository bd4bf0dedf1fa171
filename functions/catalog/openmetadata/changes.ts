import type { StoredColumn, StoredEdge, StoredEntity, StoredOwner, StoredTag } from './stored.ts'
import { classificationOf, type TagLabel, type WantedColumn, type WantedEdge, type WantedEntity } from './wanted.ts'

/** One difference between OpenMetadata and the catalog. */
export interface MetadataChange {
  readonly entity: string
  readonly what: string
  readonly from: string
  readonly to: string
}

/** An operation of RFC 6902. */
type PatchOperation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/** Requests that make an entity what the catalog says, and what they change. */
interface EntityPlan {
  readonly changes: readonly MetadataChange[]
  /** Texts and edges of others that differ from the catalog and stay. */
  readonly kept: number
  /** Body of a PUT, for an entity that is absent or has other columns; null without need. */
  readonly put: object | null
  /** Operations on the entity as it is stored. After a PUT they are planned anew over its answer. */
  readonly patch: readonly PatchOperation[]
}

/** Pushing into a service. */
export interface PlanOptions {
  readonly service: string
  /** True to replace what others wrote. */
  readonly isOverwriting: boolean
  /** The owner of the entity as OpenMetadata knows it; null where it has none, or OpenMetadata does not know it. */
  readonly owner?: StoredOwner | null
}

/** Pure: differences of an entity, and the requests that end them. A text that others wrote stays unless they are replaced. */
export function planEntity(wanted: WantedEntity, stored: StoredEntity | null, options: PlanOptions): EntityPlan {
  const { fqn, kind, body } = wanted
  if (stored === null)
    return {
      ...{ changes: [{ entity: fqn, what: kind, from: '', to: 'new' }], kept: 0, patch: [] },
      put: { ...body, ...(options.owner && { owners: [options.owner] }) },
    }
  const columns = body.columns ?? []
  const storedColumns = stored.columns ?? []
  const structure = [...columnChanges(columns, storedColumns), ...keyChanges(wanted, stored)]
  const parts = [
    textPlan({ what: 'description', path: '/description', from: stored.description, to: body.description }, options),
    ownerPlan(wanted, stored.owners ?? null, options),
    ...synonymPlan(body.synonyms ?? [], stored.synonyms ?? null),
    ...columns.flatMap((column) => {
      const index = storedColumns.findIndex(({ name }) => name === column.name)
      const before = storedColumns[index]
      return before ? [columnPlan({ column, before, index }, options)] : []
    }),
  ]
  return {
    changes: [...structure, ...parts.flatMap(({ changes }) => changes)].map((change) => ({ entity: fqn, ...change })),
    kept: parts.reduce((sum, part) => sum + part.kept, 0),
    put: structure.length === 0 ? null : mergedBody(wanted, stored),
    patch: parts.flatMap(({ patch }) => patch),
  }
}

type Difference = Omit<MetadataChange, 'entity'>

interface Part {
  readonly changes: readonly Difference[]
  readonly kept: number
  readonly patch: readonly PatchOperation[]
}

const NOTHING: Part = { changes: [], kept: 0, patch: [] }

function columnChanges(wanted: readonly WantedColumn[], stored: readonly StoredColumn[]): readonly Difference[] {
  const before = new Map(stored.map((column) => [column.name, column]))
  const names = new Set(wanted.map(({ name }) => name))
  const changed = wanted.flatMap((column) => {
    const [from, to] = [shapeOf(before.get(column.name)), shapeOf(column)]
    return from === to ? [] : [{ what: `column ${column.name}`, from, to }]
  })
  const gone = stored.filter(({ name }) => !names.has(name))
  return [...changed, ...gone.map((column) => ({ what: `column ${column.name}`, from: shapeOf(column), to: '' }))]
}

/** Type and constraint in words; empty for no column. */
function shapeOf(column: Pick<StoredColumn, 'dataType' | 'dataTypeDisplay' | 'constraint'> | undefined): string {
  if (column === undefined) return ''
  const { dataType, dataTypeDisplay, constraint } = column
  return `${dataType} (${dataTypeDisplay}) ${constraint ?? 'NULL'}`
}

function keyChanges({ body }: WantedEntity, stored: StoredEntity): readonly Difference[] {
  if (body.columns === undefined) return []
  const keyIn = (constraints: StoredEntity['tableConstraints']) =>
    constraints?.find(({ constraintType }) => constraintType === 'PRIMARY_KEY')?.columns?.join(', ') ?? ''
  const from = keyIn(stored.tableConstraints)
  const to = body.tableConstraints?.[0]?.columns.join(', ') ?? ''
  return from === to ? [] : [{ what: 'key', from, to }]
}

/** The body of a PUT that gives a table its columns and takes nothing of others away. */
function mergedBody({ body }: WantedEntity, stored: StoredEntity): object {
  const before = new Map((stored.columns ?? []).map((column) => [column.name, column]))
  const others = (stored.tableConstraints ?? []).filter(({ constraintType }) => constraintType !== 'PRIMARY_KEY')
  return {
    ...body,
    ...(stored.owners?.length && { owners: stored.owners.map(({ id, type }) => ({ id, type })) }),
    displayName: stored.displayName ?? body.displayName,
    description: stored.description === '' ? body.description : stored.description,
    columns: (body.columns ?? []).map((column) => {
      const known = before.get(column.name)
      if (known === undefined) return column
      const tags = known.tags ?? []
      return {
        ...column,
        ...(typeof known.displayName === 'string' && { displayName: known.displayName }),
        description: known.description === '' ? column.description : known.description,
        tags: [...tags, ...column.tags.filter((tag) => !tags.some((each) => each.tagFQN === tag.tagFQN))],
      }
    }),
    tableConstraints: [...(body.tableConstraints ?? []), ...others],
  }
}

interface TextOf extends Difference {
  readonly path: string
}

function textPlan({ what, path, from, to }: TextOf, { isOverwriting }: PlanOptions): Part {
  if (from === to || to === '') return NOTHING
  if (from !== '' && !isOverwriting) return { ...NOTHING, kept: 1 }
  return { changes: [{ what, from, to }], kept: 0, patch: [{ op: from === '' ? 'add' : 'replace', path, value: to }] }
}

/** The owner of an entity without one. Owners that others named stay unless they are replaced. */
function ownerPlan(
  { owner: name }: WantedEntity,
  stored: StoredEntity['owners'],
  { owner = null, isOverwriting }: PlanOptions,
): Part {
  const before = stored ?? []
  if (owner === null || name === null || before.some(({ id }) => id === owner.id)) return NOTHING
  if (before.length > 0 && !isOverwriting) return { ...NOTHING, kept: 1 }
  const from = before.map((each) => each.name).join(', ')
  const op = stored ? 'replace' : 'add'
  return { changes: [{ what: 'owner', from, to: name }], kept: 0, patch: [{ op, path: '/owners', value: [owner] }] }
}

/** Synonyms that are missing; those that others added stay. */
function synonymPlan(wanted: readonly string[], stored: readonly string[] | null): readonly Part[] {
  const missing = wanted.filter((word) => !stored?.includes(word))
  if (missing.length === 0) return []
  const changes = missing.map((word) => ({ what: 'synonym', from: '', to: word }))
  return [{ changes, kept: 0, patch: added('/synonyms', missing, stored) }]
}

interface ColumnAt {
  readonly column: WantedColumn
  readonly before: StoredColumn
  readonly index: number
}

function columnPlan({ column, before, index }: ColumnAt, options: PlanOptions): Part {
  const path = `/columns/${index}`
  const { name, description } = column
  const text = textPlan(
    { what: `description of ${name}`, path: `${path}/description`, from: before.description, to: description },
    options,
  )
  const tags = tagPlan(column, before.tags ?? null, { path, service: options.service })
  const patch = [...text.patch, ...tags.patch]
  return {
    changes: [...text.changes, ...tags.changes],
    kept: text.kept,
    // Refused as a whole if the columns were moved since they were read.
    patch: patch.length === 0 ? [] : [{ op: 'test', path: `${path}/name`, value: name }, ...patch],
  }
}

function tagPlan(
  { name, tags }: WantedColumn,
  stored: readonly StoredTag[] | null,
  { path, service }: { readonly path: string; readonly service: string },
): Part {
  const before = stored ?? []
  const missing = tags.filter((tag) => !before.some((each) => isSame(each, tag)))
  const stale = before.flatMap((tag, index) =>
    isOurs(tag, service) && !tags.some((each) => isSame(tag, each)) ? [{ tag, index }] : [],
  )
  return {
    kept: 0,
    changes: [
      ...missing.map(({ tagFQN }) => ({ what: `tag of ${name}`, from: '', to: tagFQN })),
      ...stale.map(({ tag }) => ({ what: `tag of ${name}`, from: tag.tagFQN, to: '' })),
    ],
    patch: [
      ...added(`${path}/tags`, missing, stored),
      // From the end on: each removal moves what follows.
      ...stale.toReversed().map(({ index }) => ({ op: 'remove', path: `${path}/tags/${index}` }) as const),
    ],
  }
}

function isSame(stored: StoredTag, tag: TagLabel): boolean {
  return stored.tagFQN === tag.tagFQN && stored.source === tag.source
}

/** A tag that an earlier push set; one that a person set by hand stays. */
function isOurs({ tagFQN, source, labelType }: StoredTag, service: string): boolean {
  const parent = source === 'Classification' ? classificationOf(service) : service
  return labelType === 'Automated' && tagFQN.startsWith(`${parent}.`)
}

/** Operations that append to a list, or make it where it is not there. */
function added(path: string, values: readonly unknown[], stored: readonly unknown[] | null): readonly PatchOperation[] {
  if (values.length === 0) return []
  if (stored === null) return [{ op: 'add', path, value: values }]
  return values.map((value) => ({ op: 'add', path: `${path}/-`, value }))
}

/** Mark of edges that a push made. Those that a person drew are `Manual`. */
const SOURCE = 'QueryLineage'

/** An edge to write, and what it changes. */
interface EdgePlan {
  readonly changes: readonly MetadataChange[]
  readonly kept: number
  /** Details of the edge; null if it is as it should be, or of others. */
  readonly details: object | null
}

/** Pure: an edge that is missing or has other columns. One that a person drew stays unless it is replaced. */
export function planEdge(
  { from, to, columns }: WantedEdge,
  stored: StoredEdge | null,
  { isOverwriting }: PlanOptions,
): EdgePlan {
  const details = { ...stored?.lineageDetails, source: SOURCE, columnsLineage: columns }
  if (stored === null) return { changes: [{ entity: to, what: 'reads', from: '', to: from }], kept: 0, details }
  const [before, after] = [linksText(stored.lineageDetails?.columnsLineage ?? []), linksText(columns)]
  if (before === after) return { changes: [], kept: 0, details: null }
  if (stored.lineageDetails?.source !== SOURCE && !isOverwriting) return { changes: [], kept: 1, details: null }
  return { changes: [{ entity: to, what: `columns of ${from}`, from: before, to: after }], kept: 0, details }
}

/** Pure: edges between our tables that an earlier push made and the catalog does not have any more. */
export function staleEdges(stored: readonly StoredEdge[], known: ReadonlySet<string>, wanted: ReadonlySet<string>) {
  return stored.filter(
    ({ fromEntity, lineageDetails }) =>
      lineageDetails?.source === SOURCE && known.has(fromEntity) && !wanted.has(fromEntity),
  )
}

interface Links {
  readonly fromColumns?: readonly string[] | null | undefined
  readonly toColumn: string
}

/** Each pair of columns once, in order. */
function linksText(links: readonly Links[]): string {
  const last = (fqn: string) => fqn.slice(fqn.lastIndexOf('.') + 1)
  const pairs = links.flatMap(({ fromColumns, toColumn }) =>
    (fromColumns ?? []).map((from) => `${last(from)} → ${last(toColumn)}`),
  )
  return [...new Set(pairs)].toSorted().join(', ')
}
