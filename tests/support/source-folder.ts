import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { SourceFixture } from '../contract/source.ts'

/** A folder of this disk to write test files into: what all sources but the adapter itself have in common. */
export async function createSourceFolder(): Promise<
  { root: string } & Omit<SourceFixture, 'connector' | 'at' | 'rootedAt'>
> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'daybreak-source-')))
  return {
    root,
    async put(path, content, modifiedAt) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), content)
      await utimes(join(root, path), modifiedAt / 1_000, modifiedAt / 1_000)
    },
    makeFolder: async (path) => void (await mkdir(join(root, path), { recursive: true })),
    link: (path, target) => symlink(target, join(root, path)),
    kinds: { pipe: async (path) => void execFileSync('mkfifo', [join(root, path)]) },
    remove: (path) => rm(join(root, path), { recursive: true }),
    close: () => rm(root, { recursive: true }),
  }
}
