import { listExposures } from '../../functions/compose/exposures.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import { modelOf } from '../../functions/models/order.ts'
import { exposuresReached, reachedText, reachOf } from '../../functions/models/reach.ts'

interface Changed {
  readonly stream: string
  /** Subjects such as `column amount`. */
  readonly changes: readonly { readonly subject: string }[]
}

/**
 * Models and exposures behind changed columns of a stream: models that read one themselves, and exposures that show one, or a column
 * of a model that is made of one. None in a project without compiled models.
 */
export async function readersOf(projectDir: string, { stream, changes }: Changed): Promise<readonly string[]> {
  const models = new Map(Object.entries((await readCompiledModels(projectDir)).models))
  const exposures = await listExposures(projectDir)
  const changed = new Set(changes.map(({ subject }) => subject.replace(/^column /, '')))
  const read = [...models.values()].flatMap(({ references }) => references)
  const tables = [...read, ...exposures.flatMap(({ reads }) => reads)]
    .filter((reference) => modelOf(reference) === null && reference.table.split('.').at(-1) === stream)
    .map(({ table }) => table)
  const start = new Map(tables.map((table) => [table, changed]))
  const direct = [...models].flatMap(([name, { references }]) => {
    const columns = references
      .filter(({ table }) => start.has(table))
      .flatMap((reference) => reference.columns.filter((column) => changed.has(column)))
    return columns.length === 0 ? [] : [`the model ${name}: ${[...new Set(columns)].join(', ')}`]
  })
  return [
    ...direct,
    ...exposuresReached(exposures, reachOf(models, start)).map((one) => `the exposure ${reachedText(one)}`),
  ]
}
