import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files that `.dockerignore` lets into the context of a build, by their paths below the checkout, sorted. */
export function contextFiles(checkout: string): readonly string[] {
  const rules = readFileSync(join(checkout, '.dockerignore'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (rules[0] !== '*') throw new Error('.dockerignore is no allow-list: its first rule must be `*`')
  const [allowed, left] = [rules.slice(1).filter((rule) => rule.startsWith('!')), rules.slice(1).filter(isLeft)]
  for (const rule of [...allowed, ...left])
    if (!/^(![\w./-]+|[\w./-]+\/\*\*\/[\w.-]+)$/.test(rule))
      throw new Error(`.dockerignore: ${rule} is not understood here; expected !PATH or FOLDER/**/NAME`)
  return allowed
    .flatMap((rule) => filesAt(checkout, rule.slice(1)))
    .filter((path) => !left.some((rule) => isBelow(path, rule)))
    .toSorted()
}

const isLeft = (rule: string): boolean => !rule.startsWith('!')

// Whether a path is in a folder of that name, at any depth below the folder of a rule `FOLDER/**/NAME`.
function isBelow(path: string, rule: string): boolean {
  const [folder = '', name = ''] = rule.split('/**/')
  return path.startsWith(`${folder}/`) && path.slice(folder.length).split('/').slice(0, -1).includes(name)
}

function filesAt(checkout: string, path: string): readonly string[] {
  try {
    return readdirSync(join(checkout, path), { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ parentPath, name }) => join(parentPath, name).slice(checkout.length + 1))
  } catch {
    return [path]
  }
}
