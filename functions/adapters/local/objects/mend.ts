import { randomUUID } from 'node:crypto'
import { chmod, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hashFile } from '../../../lib/hash-file.ts'
import type { PartObject } from '../../../pipeline/entities.ts'
import { hasCode, throwStorageFailed } from './errors.ts'

/** Names of parts whose files are gone, or are not what was put under their names. */
export async function damagedFiles(
  parts: readonly PartObject[],
  pathOf: (name: string) => string,
): Promise<readonly string[]> {
  const names: string[] = []
  for (const part of parts)
    if (!(await isIntact(pathOf(part.object), part).catch(throwStorageFailed(`read ${part.object}`))))
      names.push(part.object)
  return names
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

/** Replaces a file. It is written and synced under a name of its own first, so that a reader sees the old file or the new one. */
export async function replaceFile(path: string, from: string): Promise<void> {
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
