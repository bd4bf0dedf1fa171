import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** Licences that allow to pass the work on, in source or bundled, if their text goes with it. */
const KNOWN = [
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'Unlicense'],
  // Its files may be passed on as they are if their source can be had: each names its repository.
  'MPL-2.0',
] as const

/** A package whose code is inside ours. */
export interface Carried {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly source: string
  /** Text of its licence. Null where the package brings none. */
  readonly text: string | null
}

const Repository = z.union([z.string(), z.object({ url: z.string() }).transform(({ url }) => url)])
const Typed = z.object({ type: z.string() }).transform(({ type }) => type)
const Manifest = z.object({
  name: z.string(),
  version: z.string(),
  license: z.union([z.string(), Typed]).optional(),
  // As npm wrote it until 2014; it meant a choice.
  licenses: z.array(Typed).default([]),
  repository: Repository.default(''),
})

/** Folders of the packages that hold these files; files of our own have none. */
export function packageFolders(modules: readonly string[]): readonly string[] {
  const folders = modules.flatMap((path) => {
    const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path.replace(/^\0/, '')) ?? []
    return folder === undefined ? [] : [folder]
  })
  return [...new Set(folders)]
}

/** Licence and version of a package, by its folder. */
export function readCarried(folder: string): Carried {
  const manifest = Manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  const names = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
  const texts = names.toSorted().map((name) => readFileSync(join(folder, name), 'utf8').trim())
  return {
    name: manifest.name,
    version: manifest.version,
    licence: manifest.license ?? (manifest.licenses.join(' OR ') || 'unknown'),
    source: manifest.repository.replace(/^git\+/, '').replace(/\.git$/, ''),
    text: texts.length === 0 ? null : texts.join('\n\n'),
  }
}

/** Pure: the file of licences, by name. @throws {Error} for packages whose licence is not in the list. */
export function licencesText(carried: readonly Carried[]): string {
  const unknown = carried.filter(({ licence }) => !isKnown(licence))
  if (unknown.length > 0) {
    const list = unknown.map(({ name, version, licence }) => `  ${name} ${version}: ${licence}`).join('\n')
    throw new Error(`packaging/licences.ts does not know the licence of:\n${list}`)
  }
  const key = ({ name, version }: Carried) => `${name} ${version}`
  const sorted = [...new Map(carried.map((each) => [key(each), each])).values()].toSorted((a, b) =>
    key(a) < key(b) ? -1 : 1,
  )
  const rows = sorted.map((each) => `${each.name} ${each.version} (${each.licence}) ${each.source}`.trim())
  const texts = sorted.map(
    (each) => `${'-'.repeat(80)}\n${key(each)}\n${each.licence}\n\n${each.text ?? `The package brings no text.`}\n`,
  )
  return `Code of these packages is part of this one, under their own licences.\n\n${rows.join('\n')}\n\n${texts.join('\n')}`
}

/** "(MIT OR Apache-2.0)" is known if one of them is, "MIT AND Zlib" if all are. */
function isKnown(licence: string): boolean {
  const bare = licence.replaceAll(/[()]/g, '')
  return bare
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((each) => KNOWN.some((known) => known === each.trim())))
}
