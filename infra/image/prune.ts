import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

// Run by the Dockerfile: takes out of a node_modules what no running program reads.

/** Types, sources that were compiled, maps, documentation, and what native code is built from. Licences stay. */
const UNREAD = /\.(ts|mts|cts|map|tsbuildinfo|flow|md|markdown|h|c|cc|cpp|inl|gyp|gypi|exe)$/i

/** Folders next to a package.json that only its own developers use. Deeper ones may be code: `yaml/dist/doc` is. */
const DEVELOPERS = new Set([
  'test',
  'tests',
  '__tests__',
  'example',
  'examples',
  'bench',
  'benchmark',
  'docs',
  '.github',
])

/** Packages that are of no use unless they were compiled here, which nothing is. */
const UNCOMPILED = ['cpu-features', 'nan', 'buildcheck']

function unread(folder: string): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  const isPackage = entries.some(({ name }) => name === 'package.json')
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (!entry.isDirectory()) return UNREAD.test(entry.name) ? [path] : []
    return isPackage && DEVELOPERS.has(entry.name) ? filesOf(path) : unread(path)
  })
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name))
}

const [root = 'node_modules'] = process.argv.slice(2)
const idle = UNCOMPILED.map((name) => join(root, name)).filter((path) => existsSync(path))
const files = [...unread(root), ...idle.flatMap(filesOf)]
const megabytes = Math.round(files.reduce((sum, path) => sum + lstatSync(path).size, 0) / 1e6)
for (const path of [...files, ...idle]) rmSync(path, { recursive: true, force: true })
process.stdout.write(`${files.length} files that are not needed, ${megabytes} MB\n`)
