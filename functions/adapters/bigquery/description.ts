import { z } from 'zod'
import type { TableName } from '../../pipeline/destination.ts'
import type { Clock, Log } from '../../pipeline/ports.ts'
import { type Context, call } from './call.ts'
import { type BigquerySettings, openBigquery } from './client.ts'
import { isMissing, readProblem } from './errors.ts'
import { tableText } from './names.ts'

const StoredTable = z.object({
  type: z.string().default('TABLE'),
  description: z.string().default(''),
  labels: z.record(z.string(), z.string()).default({}),
  schema: z
    .object({
      fields: z
        .array(
          z.looseObject({
            name: z.string(),
            description: z.string().default(''),
            policyTags: z.object({ names: z.array(z.string()).default([]) }).default({ names: [] }),
          }),
        )
        .default([]),
    })
    .prefault({}),
})

/** A table or view as it is described, and its columns as BigQuery has them. */
interface Described {
  readonly isView: boolean
  readonly description: string
  readonly labels: Readonly<Record<string, string>>
  readonly columns: readonly {
    readonly name: string
    readonly description: string
    readonly policyTags: readonly string[]
  }[]
}

/** Reads and writes descriptions, labels and policy tags of tables. */
export interface Descriptions {
  /** Null where there is no such table. @throws {DaybreakError} WAREHOUSE_DENIED, WAREHOUSE_FAILED. */
  read(table: TableName): Promise<Described | null>
  /** Changes nothing else of the table. Columns are those that were read. @throws {DaybreakError} as read. */
  write(table: TableName, wanted: Described): Promise<void>
}

const ATTEMPTS = 5
const REQUEST_TIMEOUT = 60_000

/** Opens descriptions of a project of BigQuery. */
export function openDescriptions(
  settings: BigquerySettings & { readonly clock: Clock; readonly log: Log; readonly random: () => number },
): Descriptions {
  const { project, location, clock, log, random } = settings
  const client = openBigquery(settings)
  const context: Context = {
    ...{ client, project, location, clock, log, random },
    ...{ attempts: ATTEMPTS, requestTimeout: REQUEST_TIMEOUT },
  }
  const lookUp = async (table: TableName) =>
    await call(context, `look up table ${tableText(project, table)}`, async () => {
      try {
        const [metadata] = await client.dataset(table.schema).table(table.name).getMetadata()
        return StoredTable.parse(metadata)
      } catch (error) {
        const problem = readProblem(error)
        if (isMissing(problem, 'Table') || isMissing(problem, 'Dataset')) return null
        throw error
      }
    })
  return {
    async read(table) {
      const stored = await lookUp(table)
      if (stored === null) return null
      const { type, description, labels, schema } = stored
      return {
        ...{ isView: type === 'VIEW', description, labels },
        columns: schema.fields.map(({ name, description: text, policyTags }) => ({
          ...{ name, description: text, policyTags: policyTags.names },
        })),
      }
    },
    async write(table, { description, labels, columns }) {
      const stored = await lookUp(table)
      const wanted = new Map(columns.map((column) => [column.name, column]))
      // A column that came meanwhile keeps what it has: a list without it would remove it.
      const fields = (stored?.schema.fields ?? []).map(({ policyTags, ...field }) => {
        const { description: text = field.description, policyTags: names = policyTags.names } =
          wanted.get(field.name) ?? {}
        return { ...field, description: text, ...(names.length > 0 && { policyTags: { names: [...names] } }) }
      })
      await call(context, `describe table ${tableText(project, table)}`, () =>
        client.dataset(table.schema).table(table.name).setMetadata({ description, labels, schema: { fields } }),
      )
    },
  }
}
