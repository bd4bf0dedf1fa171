import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'

/** A file that is served as it is. */
export interface StaticFile {
  readonly content: Buffer
  /** The same content compressed by brotli; null where it is not on the disk. */
  readonly brotli: Buffer | null
  readonly hash: string
}

/** All files below a folder by their path in the address, such as `/assets/main.js`; null when there is no such folder. */
export async function readStaticFiles(folder: string): Promise<ReadonlyMap<string, StaticFile> | null> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => null)
  if (entries === null) return null
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.endsWith('.br'))
  const read = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name)
      const content = await readFile(path)
      const brotli = await readFile(`${path}.br`).catch(() => null)
      const hash = createHash('sha256').update(content).digest('base64url').slice(0, 22)
      return [
        `/${path
          .slice(folder.length + 1)
          .split(sep)
          .join('/')}`,
        { content, brotli, hash },
      ] as const
    }),
  )
  return new Map(read)
}
