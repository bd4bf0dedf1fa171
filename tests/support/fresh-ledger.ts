import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'

let made: Promise<Uint8Array> | null = null

/** Writes an empty ledger of the present release. To migrate one takes longer than most of what a test does with it, so a worker does it once. */
export async function writeFreshLedger(path: string): Promise<void> {
  made ??= migrated()
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, await made)
}

async function migrated(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-fresh-'))
  try {
    const path = join(folder, 'ledger.sqlite')
    await (await openSqliteLedger({ path })).close()
    return await readFile(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
