import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { stagePackage } from './stage.ts'

const ROOT = join(import.meta.dirname, '..')

/** Writes the tarball into a folder, and gives its path. */
export async function writePackage(into: string): Promise<string> {
  const folder = join(into, 'package')
  const { files, carried } = await stagePackage(ROOT, folder)
  mkdirSync(into, { recursive: true })
  // `npm_config_*` of the npm that runs us would reach the one that packs.
  const printed = execFileSync('npm', ['pack', folder, '--pack-destination', into, '--json'], { encoding: 'utf8' })
  const Packed = z.object({ filename: z.string(), unpackedSize: z.number(), entryCount: z.number() })
  const [packed] = z.tuple([Packed]).parse(JSON.parse(printed))
  const path = join(into, packed.filename)
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
  process.stdout.write(
    `${path}: ${megabytes(statSync(path).size)} MB, ${megabytes(packed.unpackedSize)} MB unpacked, ${packed.entryCount} files; ` +
      `${files} of them JavaScript, with code of ${carried} packages\n`,
  )
  return path
}

if (import.meta.main) await writePackage(join(ROOT, 'dist'))
