import { z } from 'zod'

const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? '')

const StoredTag = z.looseObject({ tagFQN: z.string(), source: z.string(), labelType: z.string().default('Manual') })
/** A tag at a column, with all that OpenMetadata says of it. */
export type StoredTag = z.infer<typeof StoredTag>

const StoredColumn = z.object({
  name: z.string(),
  displayName: z.string().nullish(),
  dataType: z.string(),
  dataTypeDisplay: Text,
  constraint: z.string().nullish(),
  description: Text,
  /** Null where the answer has no such member: an operation cannot add to a list that is not there. */
  tags: z.array(StoredTag).nullish(),
})
/** A column of a table in OpenMetadata. */
export type StoredColumn = z.infer<typeof StoredColumn>

/** A user or team, as an entity names it. */
export const StoredOwner = z.object({ id: z.string(), type: z.enum(['user', 'team']) })
export type StoredOwner = z.infer<typeof StoredOwner>

/** A user or team, as it is asked for by name. */
export const StoredPerson = z.object({ id: z.string(), email: Text })

/** An entity as OpenMetadata answers it, as far as the catalog looks at it. */
export const StoredEntity = z.object({
  id: z.string(),
  displayName: z.string().nullish(),
  description: Text,
  synonyms: z.array(z.string()).nullish(),
  owners: z.array(z.looseObject({ id: z.string(), name: Text })).nullish(),
  columns: z.array(StoredColumn).nullish(),
  tableConstraints: z.array(z.looseObject({ constraintType: Text, columns: z.array(z.string()).nullish() })).nullish(),
})
/** An entity as OpenMetadata answers it, as far as the catalog looks at it. */
export type StoredEntity = z.infer<typeof StoredEntity>

const LineageDetails = z.looseObject({
  source: z.string().default('Manual'),
  columnsLineage: z.array(z.looseObject({ fromColumns: z.array(z.string()).nullish(), toColumn: Text })).nullish(),
})

/** The tables that one is made of, as OpenMetadata answers them. */
export const StoredLineage = z.object({
  upstreamEdges: z
    .array(z.object({ fromEntity: z.string(), toEntity: z.string(), lineageDetails: LineageDetails.nullish() }))
    .nullish()
    .transform((edges) => edges ?? []),
})
/** An edge as OpenMetadata answers it; its ends are ids. */
export type StoredEdge = z.infer<typeof StoredLineage>['upstreamEdges'][number]
