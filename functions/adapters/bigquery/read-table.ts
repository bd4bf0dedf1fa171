import { DaybreakError } from '../../errors.ts'
import type { DescribedTable, Partitioning, TableName } from '../../pipeline/destination.ts'
import { type Context, call } from './call.ts'
import { isMissing, readProblem } from './errors.ts'
import { tableText } from './names.ts'
import { StoredTable, typeText } from './stored-table.ts'

/** A table as it is; null when there is none. @throws {DaybreakError} LOAD_REJECTED when there is no dataset either. */
export async function readTable(context: Context, table: TableName): Promise<StoredTable | null> {
  const found = await lookUp(context, table)
  if (found === 'no dataset') {
    const message = `dataset ${context.project}:${table.schema} does not exist; it should be in ${context.location}`
    throw new DaybreakError('LOAD_REJECTED', message)
  }
  return found === 'no table' ? null : found
}

/** A table as the port describes it; null when it does not exist. */
export async function describeTable(context: Context, table: TableName): Promise<DescribedTable | null> {
  const found = await lookUp(context, table)
  if (typeof found === 'string') return null
  return {
    columns: found.schema.fields.map((field) => ({
      name: field.name,
      type: typeText(field),
      description: field.description ?? null,
    })),
    partitioning: partitioningOf(found),
  }
}

async function lookUp(context: Context, { schema, name }: TableName): Promise<StoredTable | 'no table' | 'no dataset'> {
  const { client, project } = context
  return await call(context, `look up table ${tableText(project, { schema, name })}`, async () => {
    try {
      const [metadata] = await client.dataset(schema).table(name).getMetadata()
      return StoredTable.parse(metadata)
    } catch (error) {
      const problem = readProblem(error)
      if (isMissing(problem, 'Table')) return 'no table'
      if (isMissing(problem, 'Dataset')) return 'no dataset'
      throw error
    }
  })
}

const UNITS = { HOUR: 'hour', DAY: 'day', MONTH: 'month', YEAR: 'year' } as const

function partitioningOf({ timePartitioning, rangePartitioning }: StoredTable): Partitioning | null {
  if (rangePartitioning) return { unit: 'range', column: rangePartitioning.field }
  return timePartitioning ? { unit: UNITS[timePartitioning.type], column: timePartitioning.field ?? null } : null
}
