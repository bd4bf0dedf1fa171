import { join } from 'node:path'
import { partText, WINDOW_PARTS } from '../../lib/window-parts.ts'
import type { SourceFile } from '../entities.ts'
import type { Held, ShardReader } from './reader.ts'

/**
 * Reads what a path such as `{shard}/{window}/{file}` or `{window}/{shard}.csv` names. A file goes by the name that stands
 * for `{file}`; where the path has none, by its own.
 */
export function filesReader(root: string, path: string): ShardReader {
  const cut = path.lastIndexOf('/') + 1
  const [folder, last] = [path.slice(0, cut), path.slice(cut)]
  const nameAtSource = (held: Held, name: string) => fill(last, held).replace('{file}', name)
  return {
    async list(source, held, named) {
      const listing = await source.listFiles(
        join(root, fill(folder, held)),
        named.map((name) => nameAtSource(held, name)),
      )
      if (listing === null) return null
      return { ...listing, files: listing.files.flatMap((file) => toNamed(file, fill(last, held))) }
    },
    placeOf: (held, name) => `${fill(folder, held)}${nameAtSource(held, name)}`,
  }
}

function fill(template: string, { shard, window }: Held): string {
  const named = template.replaceAll('{shard}', shard)
  return WINDOW_PARTS.reduce((text, part) => text.replaceAll(`{${part}}`, partText(part, window)), named)
}

/** The file by the name that contracts have for it; none for a file of another shard or window. */
function toNamed(file: SourceFile, template: string): readonly SourceFile[] {
  const [before = '', after] = template.split('{file}')
  if (after === undefined) return file.name === before ? [file] : []
  const { name } = file
  const isOne = name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after)
  return isOne ? [{ ...file, name: name.slice(before.length, name.length - after.length) }] : []
}
