import { cp, readFile, writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { ROOT } from './world.ts'

/**
 * Writes the configuration of the checkout into a folder, without models and profiles: two thirds of the work of a night, which most
 * tests of commands are not about.
 */
export async function writeLightProject(folder: string): Promise<string> {
  const config = join(ROOT, 'config')
  // The glossary names models.
  const isModel = (path: string) => ['models', 'glossary.yaml'].includes(relative(config, path).split(sep)[0] ?? '')
  await cp(config, join(folder, 'config'), { recursive: true, filter: (path) => !isModel(path) })
  const pipeline = join(folder, 'config/pipelines/toast.yaml')
  await writeFile(pipeline, `${await readFile(pipeline, 'utf8')}\nprofiles: false\n`)
  return folder
}
