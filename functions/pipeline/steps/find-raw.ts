import { isPattern, matchesFile } from '../../contract/file-name.ts'
import type { SliceKey } from '../entities.ts'
import { rawFileName, rawName } from '../names.ts'
import type { ObjectStore } from '../ports.ts'

/**
 * Name of the raw object of a slice with these bytes. A file that was packed, or that a contract names by a pattern, was
 * archived under the name it had.
 */
export async function findRaw(
  key: SliceKey,
  { file, sha256 }: { readonly file: string; readonly sha256: string },
  objects: ObjectStore,
): Promise<string> {
  const plain = rawName(key, file, sha256)
  if (!isPattern(file) && (await objects.size(plain)) !== null) return plain
  for await (const { name } of objects.list(`raw/${key.pipeline}/${key.shard}/${key.window}/`))
    if (name.endsWith(`/${sha256}`)) return name
  return plain
}

/** The name that a contract's file has at the source, for rows to say: of a pattern the name that was archived. */
export function sourceName(file: string, object: string): string {
  const archived = rawFileName(object)
  return isPattern(file) && matchesFile(file, archived) ? archived : file
}
