import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { projectFiles } from './project.ts'

/** Writes the small valid project of `projectFiles` to a scratch folder, with changes, for as long as the work takes. */
export async function withProject<Result>(
  work: (projectDir: string) => Promise<Result>,
  changes: Readonly<Record<string, string | null>> = {},
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-project-'))
  try {
    for (const [path, text] of Object.entries(projectFiles(changes))) {
      await mkdir(join(folder, dirname(path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
