import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { expectListed } from '../../lib/listed-file.ts'
import type { SourceFile } from '../../pipeline/entities.ts'
import type { SourceConnector } from '../../pipeline/ports.ts'

/** A part of a downloaded file that stands for the file of one day. */
export interface Cut {
  /** Folder of the day at the source. */
  readonly folder: string
  /** Name as the contract has it; path of the download and the day, so that no two cuts share one. */
  readonly file: SourceFile
  /** Where its bytes are on this disk. */
  readonly local: string
}

/** Days that were cut out of downloads, in the layout of the server. Cuts are looked up when they are asked for. */
export function createCutsConnector(root: string, cuts: () => readonly Cut[]): SourceConnector {
  return {
    name: `downloads in ${root}`,
    connect: async () => ({
      listFolders: async () => [],
      listFiles: async (folder) => {
        const own = cuts().filter((cut) => join(cut.folder) === join(folder))
        return own.length === 0 ? null : { files: own.map(({ file }) => file), others: [], isWhole: true }
      },
      async *read(file) {
        const cut = cuts().find((each) => each.file.path === file.path)
        if (!cut) return
        expectListed(file, { ...cut.file, isFile: true }, 'when it was read')
        yield* createReadStream(cut.local)
      },
      close: async () => undefined,
    }),
  }
}
