import { DaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import { datesBetween } from '../../lib/business-date.ts'
import { didYouMean } from '../../lib/did-you-mean.ts'
import { WHOLE } from '../../models/affected.ts'
import { type CompiledModel, fillHoles, type Reference } from '../../models/compiled.ts'
import { modelNode } from '../../models/lineage/models.ts'
import { traceLineage } from '../../models/lineage/trace.ts'
import type { BuiltModel } from '../../models/model-set.ts'
import { inBuildOrder, MODELS } from '../../models/order.ts'
import type { Build, HeldBuild } from '../../pipeline/entities.ts'
import { instantText, optionalInstant, reasonAnswer } from '../answers.ts'
import type { HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { MODEL_ROUTES } from '../contract/models.ts'
import { newestBuilds, newestDates, stateOf } from './freshness.ts'
import { showModelRows } from './model-rows.ts'

const MOST_DATES = 366

/** Handlers of models. */
export const MODEL_HANDLERS: HandlersOf<typeof MODEL_ROUTES> = {
  'GET /api/models': async ({ query }, context) => {
    const models = await context.models(query.environment)
    if (models === null) return { body: { environments: [], models: [] } }
    const environments = [...(await context.modelEnvironments())]
    const builds = await newestBuilds(models, context)
    const compiled = new Map([...models].map(([name, model]) => [name, model.compiled]))
    const found = inBuildOrder(compiled).flatMap((name) => models.get(name) ?? [])
    return { body: { environments, models: found.map((model) => modelRow(model, builds.get(model.name) ?? [])) } }
  },
  'GET /api/models/{model}': async ({ path, query }, context) => {
    const { environment } = query
    const { model, models } = await findModel(path.model, context, environment)
    const dates = datesOf(query) ?? (await newestDates(models, context))
    const windows = model.compiled.partitionBy === null ? [WHOLE] : dates
    const { ledger } = context.ports
    const partitions = await ledger.builds({ model: model.name, fingerprint: model.table, windows })
    const newest = (await newestBuilds(models, context)).get(model.name) ?? []
    const { index } = await context.lineage(environment)
    const readers = (index.readsFrom.get(modelNode(model.name)) ?? []).map(({ to }) => to)
    const versions = await versionsOf(model, environment ?? MODELS, context)
    return {
      body: {
        ...{ ...modelRow(model, newest), ...detailsOf(model), readers, versions },
        partitions: partitions.map(buildAnswer),
      },
    }
  },
  'POST /api/models/{model}:build': async ({ path, body, settle }, context) => {
    const { model } = await findModel(path.model, context)
    const windows = datesOf(body) ?? []
    await context.requestBuilds(windows)
    const entry = { action: 'model.build', subject: model.name, details: `${body.from} to ${body.to}` }
    return await settle(entry, { body: { model: model.name, windows: [...windows] } })
  },
  'GET /api/models/{model}/rows': async ({ path, query, signal }, context) => {
    const { model, models } = await findModel(path.model, context, query.environment)
    return { body: await showModelRows({ model, models, ...query, signal }, context) }
  },
  'GET /api/models:plan': async (_, context) => {
    const graph = await context.lineage()
    const changes = await context.planModels()
    const exposuresOf = (model: string) => {
      const { met } = traceLineage(graph, { node: modelNode(model), column: null, direction: 'downstream', depth: 100 })
      return [...met.keys()].flatMap((id) => graph.nodes.get(id) ?? []).filter(({ kind }) => kind === 'exposure')
    }
    return {
      body: {
        changes: changes.map(({ reasons, ...change }) => ({
          ...{ ...change, reasons: [...reasons] },
          exposures: graph.nodes.has(modelNode(change.model)) ? exposuresOf(change.model).map(({ name }) => name) : [],
        })),
      },
    }
  },
}

async function findModel(name: string, context: Pick<ApiContext, 'models'>, environment?: string) {
  const models = await context.models(environment)
  const model = models?.get(name)
  if (models && model) return { models, model }
  const hint = didYouMean(name, [...(models?.keys() ?? [])])
  throw new DaybreakError('NOT_FOUND', `there is no compiled model ${JSON.stringify(name)}.${hint}`)
}

/** Dates of a range; null for none. @throws {DaybreakError} REQUEST_INVALID. */
function datesOf({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }) {
  const [first, last] = [from ?? to, to ?? from]
  if (first === undefined || last === undefined) return null
  const dates = first <= last ? datesBetween(first, last) : []
  if (dates.length >= 1 && dates.length <= MOST_DATES) return dates
  throw invalid(`from, to: ${first} to ${last} has ${dates.length} dates; expected 1 to ${MOST_DATES}`)
}

function modelRow({ name, compiled, fingerprint }: BuiltModel, builds: readonly Build[]) {
  const built = builds.filter((build) => build.built !== '').toSorted((a, b) => (a.window < b.window ? -1 : 1))
  const held = builds.filter((build): build is HeldBuild => build.state === 'held')
  return {
    model: name,
    kind: compiled.kind,
    description: compiled.description,
    state: stateOf(builds),
    reason: reasonAnswer(held.toSorted((a, b) => (a.window < b.window ? 1 : -1))[0]?.reason ?? null),
    newestWindow: built.at(-1)?.window ?? null,
    builtAt: optionalInstant(built.at(-1)?.updatedAt),
    held: held.length,
    columns: compiled.columns.length,
    checks: compiled.checks.length,
    reads: [...new Set(compiled.references.map(({ table }) => table))].toSorted(),
    version: fingerprint,
  }
}

/** Versions that are kept, the newest first, each with the first release that showed it. */
async function versionsOf(
  { name, fingerprint }: BuiltModel,
  environment: string,
  { ports: { ledger } }: Pick<ApiContext, 'ports'>,
) {
  const [versions, releases] = await Promise.all([ledger.modelVersions(), ledger.modelReleases({ environment })])
  return versions
    .filter(({ model }) => model === name)
    .toSorted((a, b) => b.createdAt - a.createdAt)
    .map((version) => {
      const first = releases.filter(({ versions: shown }) => shown[name] === version.fingerprint).at(-1)
      return {
        version: version.fingerprint,
        createdAt: instantText(version.createdAt),
        isShown: version.fingerprint === fingerprint,
        release: first ? { number: first.number, at: instantText(first.at), by: first.by } : null,
      }
    })
}

function detailsOf({ compiled, fingerprint }: BuiltModel) {
  return {
    source: compiled.source,
    sql: sqlOf(compiled),
    fingerprint,
    key: [...compiled.key],
    columnList: compiled.columns.map(({ unit, of, ...column }) => ({
      ...column,
      unit: unit ?? null,
      of: [...of],
      from: (compiled.lineage.columns[column.name] ?? []).map((source) => ({ ...source })),
    })),
    checkList: compiled.checks.map(({ name, effect, sql, references }) => ({
      ...{ name, effect },
      sql: filled(sql.bigquery, references),
    })),
  }
}

function sqlOf(compiled: CompiledModel): string | null {
  if (compiled.kind === 'script' || compiled.kind === 'seed') return null
  return filled(compiled.sql.bigquery, compiled.references)
}

function filled(text: string, references: readonly Reference[]): string {
  const byHole = new Map(references.map(({ hole, table }) => [hole, table]))
  return fillHoles(text, (hole) => byHole.get(hole) ?? '')
}

function buildAnswer(build: Build) {
  const { window, state, rows, bytes, missing, checks, updatedAt } = build
  return {
    ...{ window, state, rows, bytes },
    reason: reasonAnswer(build.state === 'held' ? build.reason : null),
    missing: [...missing],
    checks: checks.map(({ name, effect, failed }) => ({ name, effect, failed })),
    updatedAt: instantText(updatedAt),
  }
}
