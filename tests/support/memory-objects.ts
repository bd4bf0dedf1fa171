import { readFile, writeFile } from 'node:fs/promises'
import { DaybreakError } from '../../functions/errors.ts'
import { checkName, folderOf } from '../../functions/lib/object-name.ts'
import type { ObjectStore } from '../../functions/pipeline/ports.ts'

/** Objects in a map, for tests that put thousands of them. */
export function createMemoryObjects(objects: Map<string, Uint8Array> = new Map()): ObjectStore {
  const order = new Map<string, number>()
  const find = (name: string) => {
    const found = objects.get(checkName(name))
    if (!found) throw new DaybreakError('OBJECT_MISSING', `there is no object ${name}`)
    return found
  }
  return {
    can: { mend: false },
    async put(name, content) {
      checkName(name)
      const bytes = 'path' in content ? await readFile(content.path).catch(fail) : content
      const stored = objects.get(name)
      if (stored && Buffer.compare(stored, bytes) !== 0) throw new DaybreakError('OBJECT_CONFLICT', name)
      if (!stored) objects.set(name, bytes)
      if (!stored) order.set(name, order.size)
      return { created: !stored }
    },
    get: async (name) => find(name),
    fetch: async (name, path) => await writeFile(path, find(name)).catch(fail),
    size: async (name) => objects.get(checkName(name))?.length ?? null,
    async *list(prefix) {
      folderOf(prefix)
      for (const name of [...objects.keys()].filter((one) => one.startsWith(prefix)).sort())
        yield { name, bytes: find(name).length, createdAt: order.get(name) ?? 0 }
    },
    uri: (name) => `memory://${name}`,
  }
}

function fail(error: unknown): never {
  throw error instanceof DaybreakError ? error : new DaybreakError('STORAGE_FAILED', String(error))
}
