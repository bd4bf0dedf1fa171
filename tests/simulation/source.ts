import { DaybreakError } from '../../functions/errors.ts'
import type { SourceFile } from '../../functions/pipeline/entities.ts'
import type { SourceConnector } from '../../functions/pipeline/ports.ts'
import type { Content } from './file.ts'
import type { Time } from './time.ts'

/** The server that restaurants write to. */
export interface SimSource {
  /** `/location/YYYYMMDD/file` to what it holds now. */
  readonly files: ReadonlyMap<string, Content & { readonly modifiedAt: number }>
  /** Writes a file anew. */
  write(path: string, content: Content): void
  readonly connector: SourceConnector
}

export function createSimSource(time: Time): SimSource {
  const files = new Map<string, Content & { readonly modifiedAt: number }>()
  const listed = (path: string): SourceFile => {
    const { text, modifiedAt } = files.get(path)!
    return { path, name: path.slice(path.lastIndexOf('/') + 1), bytes: text.length, modifiedAt }
  }
  const inFolder = (folder: string) => [...files.keys()].filter((path) => path.startsWith(`${folder}/`)).toSorted()
  return {
    files,
    // A server knows whole seconds.
    write: (path, content) => void files.set(path, { ...content, modifiedAt: Math.floor(time.now() / 1000) * 1000 }),
    connector: {
      name: 'sftp://simulated',
      connect: async () => ({
        listFolders: async () => [],
        listFiles: async (folder) =>
          inFolder(folder).length > 0 ? { files: inFolder(folder).map(listed), others: [], isWhole: true } : null,
        async *read(file) {
          const now = files.get(file.path)
          if (now?.modifiedAt !== file.modifiedAt || now.text.length !== file.bytes)
            throw new DaybreakError('FILE_CHANGED', `${file.path} is no longer the file that was listed`)
          yield Buffer.from(now.text)
        },
        close: async () => undefined,
      }),
    },
  }
}
