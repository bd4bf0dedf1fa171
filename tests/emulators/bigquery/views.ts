import { type Catalog, datasetOf, rowsOf, type Table, type TableRef } from './catalog.ts'
import type { Rows } from './database.ts'
import { Refusal } from './refusal.ts'
import { restType, type View } from './schema.ts'
import { toTokens } from './tokens.ts'
import { translate } from './translate.ts'

type Run = (sql: string) => Promise<Rows>

/** Makes a view, or gives the one of its name another query. Its columns are those of the query. @throws {Refusal} */
export async function putView(
  catalog: Catalog,
  ref: TableRef,
  { view, description, before }: { readonly view: View; readonly description?: string; readonly before: Table | null },
  run: Run,
): Promise<Table> {
  const dataset = datasetOf(catalog, ref.dataset)
  const { sql } = translate(toTokens(view.query), { catalog, location: dataset.location, defaultDataset: null })
  const { columns } = await run(`SELECT * FROM (${sql}) LIMIT 0`).catch((error: unknown) => {
    throw new Refusal('invalidQuery', error instanceof Error ? error.message : String(error), 'query')
  })
  await run(`CREATE OR REPLACE VIEW ${rowsOf(ref)} AS ${sql}`)
  const made: Table = {
    schema: { fields: columns.map(({ name, type }) => ({ name, ...restType(type) })) },
    view,
    ...(description !== undefined && { description }),
    ...{ dataset: ref.dataset, name: ref.table },
    createdAt: before?.createdAt ?? catalog.now(),
    etag: (before?.etag ?? 0) + 1,
  }
  dataset.tables.set(ref.table, made)
  return made
}
