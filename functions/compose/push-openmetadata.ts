import type { z } from 'zod'
import { type OpenMetadata, openOpenMetadata } from '../adapters/openmetadata/client.ts'
import type { Catalog } from '../api/contract/catalog.ts'
import {
  type MetadataChange,
  type PlanOptions,
  planEdge,
  planEntity,
  staleEdges,
} from '../catalog/openmetadata/changes.ts'
import { StoredEntity, StoredLineage, type StoredOwner, StoredPerson } from '../catalog/openmetadata/stored.ts'
import { type WantedEdge, type WantedEntity, wantedCatalog } from '../catalog/openmetadata/wanted.ts'
import type { Project } from '../config/project.ts'
import type { SecretReader } from '../config/secret.ts'
import { DaybreakError } from '../errors.ts'

interface Pushing {
  readonly secrets: Pick<SecretReader, 'read'>
  readonly isDryRun: boolean
  /** True to replace descriptions and edges that others wrote. */
  readonly isOverwriting: boolean
}

/** Differences that a push ended, or would end. */
interface Pushed {
  readonly changes: readonly MetadataChange[]
  /** Texts and edges of others that differ from the catalog and stay. */
  readonly kept: number
  /** Owners that are no user and no team of OpenMetadata. */
  readonly strangers: readonly string[]
}

/**
 * Makes the tables, words and lineage of the catalog in OpenMetadata, and gives the differences. Tables that the catalog does not
 * have are left alone. A push that breaks off may be repeated: what it did is no difference any more.
 * @throws {DaybreakError} USAGE_INVALID where the environment names no OpenMetadata, CATALOG_UNREACHABLE, CATALOG_REFUSED.
 */
export async function pushToOpenMetadata(catalog: Catalog, project: Project, pushing: Pushing): Promise<Pushed> {
  const { environment, catalog: other } = project.environment
  if (other?.openmetadata === undefined) {
    const message = `environment ${environment} names no OpenMetadata; expected \`catalog.openmetadata\` with \`url\` and \`token\` in config/environments/${environment}.yaml`
    throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak catalog build --out catalog' } })
  }
  const { url, service, token } = other.openmetadata
  const text = new TextDecoder().decode(await pushing.secrets.read(token)).trim()
  const context = { api: openOpenMetadata({ url, token: text }), ...pushing, service }
  const { entities, edges } = wantedCatalog(catalog, service)
  const ids = new Map<string, string>()
  const plans: Plan[] = []
  const owners = await findOwners(entities, context.api)
  for (const wanted of entities) {
    const { id, ...plan } = await pushEntity(wanted, { ...context, owner: owners.get(wanted.owner ?? '') ?? null })
    plans.push(plan)
    if (id !== null && isNode(wanted)) ids.set(wanted.fqn, id)
  }
  for (const wanted of entities.filter(isNode))
    plans.push(
      await pushEdges(
        wanted,
        edges.filter(({ to }) => to === wanted.fqn),
        { ...context, ids },
      ),
    )
  return {
    changes: plans.flatMap(({ changes }) => changes),
    kept: plans.reduce((sum, { kept }) => sum + kept, 0),
    strangers: [...owners].flatMap(([name, owner]) => (owner === null ? [name] : [])),
  }
}

type Plan = Omit<Pushed, 'strangers'>

/** True for what edges lead from and to. */
function isNode({ kind }: WantedEntity): boolean {
  return kind === 'table' || kind === 'dashboard'
}

/** Users and teams by the names of owners; null for a name that OpenMetadata does not know. An e-mail is that of a user. */
async function findOwners(
  entities: readonly WantedEntity[],
  api: OpenMetadata,
): Promise<ReadonlyMap<string, StoredOwner | null>> {
  const names = new Set(entities.flatMap(({ owner }) => owner ?? []))
  const found = new Map<string, StoredOwner | null>()
  for (const name of names) {
    const isMail = name.includes('@')
    const path = isMail
      ? `users/name/${encodeURIComponent(name.split('@')[0] ?? '')}`
      : `teams/name/${encodeURIComponent(name)}`
    const person = parsed(StoredPerson.nullable(), await api.read(path))
    const isMeant = person !== null && (!isMail || person.email.toLowerCase() === name.toLowerCase())
    found.set(name, isMeant ? { id: person.id, type: isMail ? 'user' : 'team' } : null)
  }
  return found
}

interface Context extends PlanOptions {
  readonly api: OpenMetadata
  readonly isDryRun: boolean
}

async function pushEntity(wanted: WantedEntity, context: Context): Promise<Plan & { readonly id: string | null }> {
  const { api, isDryRun } = context
  const stored = await readEntity(wanted, api)
  const { changes, kept, put, patch } = planEntity(wanted, stored, context)
  if (isDryRun) return { changes, kept, id: stored?.id ?? null }
  const made = put === null ? null : parsed(StoredEntity, await api.put(wanted.collection, put))
  const id = made?.id ?? stored?.id ?? null
  if (stored === null) return { changes, kept, id }
  // A PUT keeps texts that are there and may move columns, so the entity is looked at again.
  const rest = made === null ? patch : planEntity(wanted, await readEntity(wanted, api), context).patch
  if (rest.length > 0) await api.patch(`${wanted.collection}/${id}`, rest)
  return { changes, kept, id }
}

async function readEntity({ collection, fqn, fields }: WantedEntity, api: OpenMetadata): Promise<StoredEntity | null> {
  const query = fields.length === 0 ? '' : `?fields=${fields.join(',')}`
  return parsed(StoredEntity.nullable(), await api.read(`${collection}/name/${encodeURIComponent(fqn)}${query}`))
}

/** Edges to one table or page. */
async function pushEdges(
  { fqn: to, kind }: WantedEntity,
  edges: readonly WantedEdge[],
  context: Context & { readonly ids: ReadonlyMap<string, string> },
): Promise<Plan> {
  const { api, ids, isDryRun } = context
  const id = ids.get(to)
  const answer =
    id === undefined
      ? null
      : await api.read(`lineage/${kind}/name/${encodeURIComponent(to)}?upstreamDepth=1&downstreamDepth=0`)
  const stored = (answer === null ? [] : parsed(StoredLineage, answer).upstreamEdges).filter(
    ({ toEntity }) => toEntity === id,
  )
  const plans: Plan[] = []
  for (const edge of edges) {
    const from = ids.get(edge.from)
    const plan = planEdge(edge, stored.find(({ fromEntity }) => fromEntity === from) ?? null, context)
    plans.push(plan)
    if (plan.details === null || isDryRun) continue
    const [fromEntity, toEntity] = [
      { id: from, type: 'table' },
      { id, type: kind },
    ]
    await api.put('lineage', { edge: { fromEntity, toEntity, lineageDetails: plan.details } })
  }
  const names = new Map([...ids].map(([fqn, each]) => [each, fqn]))
  const wanted = new Set(edges.flatMap((edge) => ids.get(edge.from) ?? []))
  for (const { fromEntity } of staleEdges(stored, new Set(names.keys()), wanted)) {
    plans.push({ changes: [{ entity: to, what: 'reads', from: names.get(fromEntity) ?? '', to: '' }], kept: 0 })
    if (!isDryRun) await api.remove(`lineage/table/${fromEntity}/${kind}/${id}`)
  }
  return { changes: plans.flatMap(({ changes }) => changes), kept: plans.reduce((sum, { kept }) => sum + kept, 0) }
}

/** @throws {DaybreakError} CATALOG_REFUSED for an answer of another form, such as that of another server. */
function parsed<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const message = `OpenMetadata gave an answer of another form: ${issue?.path.join('.')}: ${issue?.message}`
  throw new DaybreakError('CATALOG_REFUSED', message)
}
