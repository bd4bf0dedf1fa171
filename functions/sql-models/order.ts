import type { SqlModelConfig } from '../config/sql-model.ts'
import { inBuildOrder, MODELS } from '../models/order.ts'

/** A model with its query and its table. */
export interface SqlModel {
  readonly config: SqlModelConfig
  readonly sql: string
  readonly table: { readonly schema: string; readonly name: string }
}

/** Pure: the models, each after those whose tables it reads. @throws {DaybreakError} CONFIG_INVALID for models that read each other. */
export function inOrder(models: readonly SqlModel[]): readonly SqlModel[] {
  const byName = new Map(models.map((model) => [model.config.model, model]))
  const reading = new Map(
    models.map((model) => [
      model.config.model,
      { references: readsOf(model, models).map((name) => ({ table: `${MODELS}.${name}` })), checks: [] },
    ]),
  )
  return inBuildOrder(reading).flatMap((name) => byName.get(name) ?? [])
}

/** Pure: names of the models whose tables a query names after FROM or JOIN. */
export function readsOf({ config, sql }: SqlModel, models: readonly SqlModel[]): readonly string[] {
  const named = new Set(
    [
      ...codeOf(sql).matchAll(
        /\b(?:from|join)\s+(?:only\s+|lateral\s+)?((?:"[^"]+"|[\w$]+)(?:\s*\.\s*(?:"[^"]+"|[\w$]+))?)/gi,
      ),
    ].map(([, name = '']) => name.replaceAll(/["\s]/g, '').toLowerCase()),
  )
  return models
    .filter(
      ({ config: other, table }) =>
        other.model !== config.model &&
        other.connection === config.connection &&
        (named.has(table.name) || named.has(`${table.schema}.${table.name}`)),
    )
    .map((other) => other.config.model)
}

/** A query without its comments and texts. A comma in FROM is read like a JOIN. */
function codeOf(sql: string): string {
  return sql
    .replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .replaceAll(/(\bfrom\b[^;()]*?),/gi, '$1 join ')
}
