import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generated } from './generate/all.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Files whose content on this disk is not what the code says, by path from the root of the project. */
export async function staleFiles(root = ROOT): Promise<readonly string[]> {
  const files = await generated(root)
  const compared = await Promise.all(
    [...files].map(async ([path, text]) => ({
      path,
      same: (await readFile(join(root, path), 'utf8').catch(() => null)) === text,
    })),
  )
  return compared.filter(({ same }) => !same).map(({ path }) => path)
}

async function writeAll(): Promise<void> {
  for (const [path, text] of await generated(ROOT)) {
    await mkdir(dirname(join(ROOT, path)), { recursive: true })
    await writeFile(join(ROOT, path), text)
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const stale = await staleFiles()
  if (argv.includes('--check')) {
    if (stale.length === 0) return 0
    console.error(`Generated files do not say what the code says: ${stale.join(', ')}. Run \`npm run docs\`.`)
    return 1
  }
  await writeAll()
  console.log(stale.length === 0 ? 'Every generated file was fresh.' : `Written: ${stale.join(', ')}`)
  return 0
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
