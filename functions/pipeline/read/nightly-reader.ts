import { join } from 'node:path'
import { toFolderName } from '../../lib/business-date.ts'
import type { Held, ShardReader } from './reader.ts'

/** Reads `<export id>/<YYYYMMDD>/<file>` below the root, as Toast writes it. */
export function nightlyReader(root: string): ShardReader {
  return {
    list: (source, held, named) => source.listFiles(join(root, folderOf(held)), named),
    placeOf: (held, name) => `${folderOf(held)}/${name}`,
  }
}

function folderOf({ shard, window }: Held): string {
  return `${shard}/${toFolderName(window)}`
}
