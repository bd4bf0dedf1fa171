import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { openFolderObjects } from '../../functions/adapters/local/objects/objects.ts'
import { testFolder } from '../support/folder.ts'

const WRITER = join(import.meta.dirname, '../support/object-writer.ts')

it('has whole objects only after kill -9 in the middle of writing, and goes on', async () => {
  const root = await testFolder()
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, [WRITER, root, '3000000', '1000'], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const put: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => put.push(line.replace('put ', 'raw/')))
    while (put.length < 4 + round) await new Promise((resolve) => setTimeout(resolve, 1))
    child.kill('SIGKILL')
    await once(child, 'exit')

    const found = await Array.fromAsync(openFolderObjects({ root }).list(''))
    expect(found.map(({ bytes }) => bytes)).toEqual(found.map(() => 3_000_000))
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(put))
  }
})

it.skipIf(process.platform === 'win32')('fails when a file cannot grow, and leaves nothing behind', async () => {
  const root = await testFolder()
  // The shell counts in blocks of 512 or 1,024 bytes; half a megabyte is allowed at most, and two are written.
  const child = spawn('sh', ['-c', 'ulimit -f 500; exec "$@"', 'sh', process.execPath, WRITER, root, '2000000', '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')

  expect(line).toBe('STORAGE_FULL')
  expect(await Array.fromAsync(openFolderObjects({ root }).list(''))).toEqual([])
  expect(await readdir(join(root, '.temporary'))).toEqual([])
})
