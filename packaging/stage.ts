import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import manifest from '../package.json' with { type: 'json' }
import { bundleInto, NATIVE } from './bundle.ts'
import { type Carried, licencesText, packageFolders, readCarried } from './licences.ts'
import { packageManifest } from './manifest.ts'

/** Files that people and commands read, as git tracks them. */
const CARRIED = ['docs', 'examples', 'config', 'README.md', 'CHANGELOG.md'] as const
/** Of these, what only developers of Daybreak read, and pictures. */
const LEFT_OUT = /^docs\/(generate|decisions)|^docs\/.*\.(ts|png|svg|webp)$|^config\/schema\//

/** Counts of a staged package. */
export interface Staged {
  readonly files: number
  /** Packages whose code it has. */
  readonly carried: number
}

/** Fills a folder with the package: programs, dashboard, pages, examples, licences. Replaces what is there. */
export async function stagePackage(root: string, out: string): Promise<Staged> {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const { modules, files, imports } = await bundleInto(root, out)
  const stray = imports.filter((name) => name !== NATIVE)
  if (stray.length > 0) throw new Error(`the bundle imports ${stray.join(', ')}, which the package does not depend on`)
  cpSync(join(root, 'cli/daybreak.mjs'), join(out, 'cli/daybreak.mjs'))
  const dashboard = buildDashboard(root, join(out, 'dashboard/dist'))
  for (const path of trackedFiles(root)) {
    mkdirSync(dirname(join(out, path)), { recursive: true })
    cpSync(join(root, path), join(out, path), { dereference: true, recursive: true })
  }
  const carried = [...packageFolders(modules).map(readCarried), ...dashboard]
  writeFileSync(join(out, 'THIRD_PARTY_LICENCES'), licencesText(carried))
  const native = z.object({ version: z.string() }).parse(readJson(join(root, 'node_modules', NATIVE, 'package.json')))
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(packageManifest(manifest, native.version), null, 2)}\n`)
  return { files, carried: carried.length }
}

function trackedFiles(root: string): readonly string[] {
  const text = execFileSync('git', ['ls-files', '-z', '--', ...CARRIED], { cwd: root, encoding: 'utf8' })
  // A file that was deleted and not committed is still listed.
  return text.split('\0').filter((path) => path !== '' && !LEFT_OUT.test(path) && existsSync(join(root, path)))
}

const Entry = z.object({ name: z.string(), version: z.string(), identifier: z.string(), text: z.string().nullish() })

/** Builds the dashboard, and gives the packages that Vite found in it. */
function buildDashboard(root: string, out: string): readonly Carried[] {
  const vite = join(root, 'node_modules/.bin/vite')
  execFileSync(process.execPath, [vite, 'build', '--outDir', out, '--emptyOutDir', '--logLevel', 'error'], {
    cwd: join(root, 'dashboard'),
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const file = join(out, '.vite/licences.json')
  const entries = z.array(Entry).parse(readJson(file))
  rmSync(file)
  return entries.map(({ name, version, identifier, text }) => ({
    ...{ name, version, licence: identifier, text: text ?? null, source: '' },
  }))
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
