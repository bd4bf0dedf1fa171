import { randomUUID } from 'node:crypto'
import { chmod, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hashFile } from '../../../lib/hash-file.ts'
import type { PartObject } from '../../../pipeline/entities.ts'
import type { Mending } from '../../../pipeline/ports.ts'
import { hasCode, throwStorageFailed } from './errors.ts'

/** Finds files that are not what was put under their names, and replaces them. */
export function createMending(pathOf: (name: string) => string): Mending {
  return {
    async damaged(parts) {
      const names: string[] = []
      for (const part of parts)
        if (!(await isIntact(pathOf(part.object), part).catch(throwStorageFailed(`read ${part.object}`))))
          names.push(part.object)
      return names
    },
    replace: (name, { path }) => replace(pathOf(name), path).catch(throwStorageFailed(`replace ${name}`)),
  }
}

async function isIntact(path: string, { bytes, sha256 }: PartObject): Promise<boolean> {
  try {
    if ((await stat(path)).size !== bytes) return false
    return sha256 === undefined || (await hashFile(path)) === sha256
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return false
    throw error
  }
}

/** Written and synced under a name of its own first, so that a reader sees the old file or the new one. */
async function replace(path: string, from: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  await mkdir(dirname(path), { recursive: true })
  try {
    await copyFile(from, temporary)
    await chmod(temporary, 0o444)
    const file = await open(temporary, 'r')
    await file.sync().finally(() => file.close())
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}
