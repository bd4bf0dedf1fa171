import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files that `.dockerignore` lets into the context of a build, by their paths below the checkout, sorted. */
export function contextFiles(checkout: string): readonly string[] {
  const rules = readFileSync(join(checkout, '.dockerignore'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (rules[0] !== '*') throw new Error('.dockerignore is no allow-list: its first rule must be `*`')
  const allowed = rules.slice(1).map((rule) => {
    if (!/^![\w./-]+$/.test(rule)) throw new Error(`.dockerignore: ${rule} is not understood here; expected !PATH`)
    return rule.slice(1)
  })
  return allowed.flatMap((path) => filesAt(checkout, path)).toSorted()
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
