import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DaybreakError } from '../../functions/errors.ts'
import { TEMPLATES, type TemplateName } from './templates.ts'

/** Files of a template by their path in the project. @throws {DaybreakError} USAGE_INVALID in an installation without it. */
export async function readTemplate(root: string, template: TemplateName): Promise<ReadonlyMap<string, string>> {
  const { folders, without } = TEMPLATES[template]
  const files = new Map<string, string>()
  for (const { from, to } of folders) {
    const folder = join(root, from)
    if (!existsSync(folder))
      throw new DaybreakError(
        'USAGE_INVALID',
        `this installation has no template ${template}: ${folder} is not there; expected a checkout or the package of npm`,
        { details: { next: 'daybreak init --help' } },
      )
    for (const path of await pathsBelow(folder)) {
      if (!without.test(`${to}/${path}`)) files.set(`${to}/${path}`, await readFile(join(folder, path), 'utf8'))
    }
  }
  return files
}

/** Names of the examples, in order. */
export const EXAMPLE_NAMES = ['csv-folder', 'hours-weeks-months', 'olist', 'toast', 'two-pipelines'] as const

/** Files of an example by their path in the project, with the program that runs its tests. @throws {DaybreakError} USAGE_INVALID in an installation without it. */
export async function readExample(root: string, name: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(root, 'examples', name)
  if (!existsSync(folder))
    throw new DaybreakError(
      'USAGE_INVALID',
      `this installation has no example ${name}: ${folder} is not there; expected a checkout or the package of npm`,
      { details: { next: 'daybreak init --help' } },
    )
  const paths = (await pathsBelow(folder)).filter((path) => !path.startsWith('.daybreak/'))
  const texts = paths.map(async (path) => [path, await readFile(join(folder, path), 'utf8')] as const)
  const runner = await readFile(join(root, 'examples/example.test.mjs'), 'utf8')
  return new Map([...(await Promise.all(texts)), ['tests/example.test.mjs', runner]])
}

/** Paths of files, through the links by which examples share contracts. */
async function pathsBelow(folder: string, prefix = ''): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of (await readdir(join(folder, prefix))).toSorted()) {
    const path = prefix === '' ? name : `${prefix}/${name}`
    const inner = await readdir(join(folder, path)).catch(() => null)
    found.push(...(inner === null ? [path] : await pathsBelow(folder, path)))
  }
  return found
}

/** Writes the files. Without `force` nothing is written where one of them is there. @throws {DaybreakError} STATE_CONFLICT. */
export async function writeProject(
  folder: string,
  files: ReadonlyMap<string, string>,
  { force }: { readonly force: boolean },
): Promise<void> {
  const there = [...files.keys()].filter((path) => existsSync(join(folder, path)))
  if (there.length > 0 && !force) {
    const some = there.slice(0, 3).join(', ')
    const message = `${folder} has ${there.length} of the files already: ${some}; expected a folder without them, or --force, which replaces them`
    throw new DaybreakError('STATE_CONFLICT', message, { details: { next: 'daybreak init --help' } })
  }
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}
