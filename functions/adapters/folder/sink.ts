import { randomBytes } from 'node:crypto'
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DaybreakError } from '../../errors.ts'
import { throwDisk } from '../../lib/disk-failure.ts'
import { isPlainName } from '../../lib/plain-name.ts'
import type { FileSink } from '../../pipeline/tables/ports.ts'
import { isMissing } from './errors.ts'

/** A folder that files are put into. */
interface FolderSinkOptions {
  /** Absolute; made by the first file. */
  readonly root: string
}

/** Files that are being written; readers of patterns pass over its name. */
const STAGING = '_daybreak/staging'

/** Puts files into a folder of this disk. Each is written next to its place and renamed, so no reader sees a part of it. */
export function openFolderSink({ root }: FolderSinkOptions): FileSink {
  const placeOf = (path: string) => {
    if (path.split('/').every(isPlainName)) return join(root, path)
    throw new DaybreakError('CONFIG_INVALID', `${JSON.stringify(path)} is no path below ${root}`)
  }
  const stage = async <Result>(write: (path: string) => Promise<void>, take: (path: string) => Promise<Result>) => {
    const staged = join(root, STAGING, randomBytes(8).toString('hex'))
    await mkdir(dirname(staged), { recursive: true })
    try {
      await write(staged)
      await flush(staged)
      return await take(staged)
    } finally {
      await rm(staged, { force: true })
    }
  }
  const failed = (path: string) => throwDisk(`write ${path} in ${root}`, root)
  return {
    name: root,
    async put(path, from) {
      const place = placeOf(path)
      await stage(
        (staged) => copyFile(from, staged),
        async (staged) => {
          await mkdir(dirname(place), { recursive: true })
          await rename(staged, place)
          await flush(dirname(place))
        },
      ).catch(failed(path))
    },
    async create(path, text) {
      const place = placeOf(path)
      return await stage(
        async (staged) => {
          const file = await open(staged, 'wx')
          await file.writeFile(text).finally(() => file.close())
        },
        async (staged) => {
          await mkdir(dirname(place), { recursive: true })
          const isNew = await link(staged, place).then(
            () => true,
            (error: unknown) => {
              if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
              throw error
            },
          )
          await flush(dirname(place))
          return isNew
        },
      ).catch(failed(path))
    },
    async get(path) {
      return await readFile(placeOf(path), 'utf8').catch((error: unknown) => {
        if (isMissing(error)) return null
        return failed(path)(error)
      })
    },
    async list(folder) {
      const found = await readdir(placeOf(folder)).catch((error: unknown) => {
        if (isMissing(error)) return []
        return failed(folder)(error)
      })
      return found.toSorted()
    },
  }
}

/** Waits until the disk has a file, or the names of a folder. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}
