import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const Compiled = z.looseObject({
  models: z.record(
    z.string(),
    z.looseObject({ references: z.array(z.looseObject({ table: z.string(), columns: z.array(z.string()) })) }),
  ),
})

interface Changed {
  readonly stream: string
  /** Subjects such as `column amount`. */
  readonly changes: readonly { readonly subject: string }[]
}

/** `model.column` of every model that reads a changed column of the stream; none in a project without compiled models. */
export async function readersOf(projectDir: string, { stream, changes }: Changed): Promise<readonly string[]> {
  const text = await readFile(join(projectDir, 'config/models/compiled.json'), 'utf8').catch(() => null)
  if (text === null) return []
  const { models } = Compiled.parse(JSON.parse(text))
  const changed = new Set(changes.map(({ subject }) => subject.replace(/^column /, '')))
  return Object.entries(models).flatMap(([model, { references }]) => {
    const columns = references
      .filter(({ table }) => table.split('.').at(-1) === stream)
      .flatMap((reference) => reference.columns.filter((column) => changed.has(column)))
    return columns.length === 0 ? [] : [`the model ${model}: ${[...new Set(columns)].join(', ')}`]
  })
}
