import { join } from 'node:path'
import { toFolderName } from '../../lib/business-date.ts'
import { partText, WINDOW_PARTS } from '../../lib/window-parts.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { BusinessDate, SourceFile } from '../entities.ts'
import type { FileListing, Source } from '../ports.ts'

/** One window of one shard. */
export interface Held {
  readonly shard: string
  readonly window: BusinessDate
}

/** Knows where the files of a shard and window lie at the source, and what they are called there. */
interface ShardReader {
  /**
   * The files of a shard and window by the names that contracts have; null when their folder does not exist. `named` are the
   * names that a folder can be asked for, however many files it has.
   * @throws {DaybreakError} as `Source.listFiles`.
   */
  list(source: Source, held: Held, named: readonly string[]): Promise<FileListing | null>
  /** Where a file lies below the root of the source: what `_source_file` says. */
  placeOf(held: Held, name: string): string
}

/** The reader of a pipeline, by its `kind`. */
export function readerOf({ config, root }: Pick<PipelineDefinition, 'config' | 'root'>): ShardReader {
  switch (config.kind) {
    case 'files':
      return filesReader(root, config.path)
    case 'table':
      throw new TypeError(`${config.pipeline} has no files`)
    case 'nightly':
    case undefined:
      return nightlyReader(root)
  }
}

/** Reads `<export id>/<YYYYMMDD>/<file>` below the root, as Toast writes it. */
function nightlyReader(root: string): ShardReader {
  return {
    list: (source, held, named) => source.listFiles(join(root, folderOf(held)), named),
    placeOf: (held, name) => `${folderOf(held)}/${name}`,
  }
}

function folderOf({ shard, window }: Held): string {
  return `${shard}/${toFolderName(window)}`
}

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
