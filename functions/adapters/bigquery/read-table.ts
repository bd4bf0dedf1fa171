import { DaybreakError } from '../../errors.ts'
import type { Table } from '../../pipeline/destination.ts'
import { type Context, call } from './call.ts'
import { isMissing, readProblem } from './errors.ts'
import { tableText } from './names.ts'
import { StoredTable } from './stored-table.ts'

/** A table as it is; null when there is none. @throws {DaybreakError} LOAD_REJECTED when there is no dataset either. */
export async function readTable(
  context: Context,
  { schema, name }: Pick<Table, 'schema' | 'name'>,
): Promise<StoredTable | null> {
  const { client, project, location } = context
  return await call(context, `look up table ${tableText(project, { schema, name })}`, async () => {
    try {
      const [metadata] = await client.dataset(schema).table(name).getMetadata()
      return StoredTable.parse(metadata)
    } catch (error) {
      const problem = readProblem(error)
      if (isMissing(problem, 'Table')) return null
      if (!isMissing(problem, 'Dataset')) throw error
      const message = `dataset ${project}:${schema} does not exist; it should be in ${location}`
      throw new DaybreakError('LOAD_REJECTED', message)
    }
  })
}
