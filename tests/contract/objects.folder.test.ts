import { chmod, link, mkdir, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openFolderObjects } from '../../functions/adapters/local/objects/objects.ts'
import { testFolder } from '../support/folder.ts'
import { testObjects } from './objects.ts'

async function createFixture() {
  const folder = await testFolder()
  const root = join(folder, 'deep', 'objects')
  const damage = async (name: string, content: string | null) => {
    await rm(join(root, name))
    if (content !== null) await writeFile(join(root, name), content)
  }
  return { root, folder, objects: openFolderObjects({ root }), other: openFolderObjects({ root }), damage }
}

describe('objects in a folder', () => {
  testObjects(createFixture)

  it('are files that cannot be written to', async () => {
    const { objects } = await createFixture()
    await objects.put('raw/a', Buffer.from('a'))
    expect((await stat(objects.uri('raw/a'))).mode & 0o777).toBe(0o444)
  })

  it('leave nothing else behind', async () => {
    const { objects, root } = await createFixture()
    await objects.put('a', Buffer.from('a'))
    await objects.put('a', Buffer.from('a'))
    await objects.put('a', Buffer.from('b')).catch(() => undefined)
    expect(await readdir(join(root, '.temporary'))).toEqual([])
    expect((await stat(objects.uri('a'))).nlink).toBe(1)
  })

  it('do not show what a killed process left, and delete it after a day', async () => {
    const { objects, root } = await createFixture()
    const temporary = join(root, '.temporary')
    await mkdir(temporary, { recursive: true })
    await writeFile(join(temporary, 'old'), 'half a fi')
    await writeFile(join(temporary, 'young'), 'half a fi')
    const twoDaysAgo = Date.now() / 1000 - 172_800
    await utimes(join(temporary, 'old'), twoDaysAgo, twoDaysAgo)

    await objects.put('a', Buffer.from('a'))

    expect(await readdir(temporary)).toEqual(['young'])
    expect(await Array.fromAsync(objects.list(''))).toMatchObject([{ name: 'a', bytes: 1 }])
  })

  it('survive a process that was killed between the link and the deletion of its temporary file', async () => {
    const { objects, root } = await createFixture()
    await mkdir(join(root, '.temporary'), { recursive: true })
    await mkdir(join(root, 'raw'))
    await writeFile(join(root, '.temporary', 'x'), 'whole')
    await link(join(root, '.temporary', 'x'), join(root, 'raw', 'a'))

    expect(await objects.put('raw/a', Buffer.from('whole'))).toEqual({ created: false })
  })

  it('are not looked for behind links to folders when they are listed', async () => {
    const { objects, root, folder } = await createFixture()
    await objects.put('a', Buffer.from('a'))
    await symlink(folder, join(root, 'loop'))
    expect(await Array.fromAsync(objects.list(''))).toMatchObject([{ name: 'a', bytes: 1 }])
  })

  it('fail with the path when the disk refuses', async () => {
    const { objects, root } = await createFixture()
    await objects.put('raw/a', Buffer.from('a'))
    const failed = { code: 'CONFIG_INVALID', message: expect.stringContaining(root) }
    await expect(objects.put('raw/a/b', Buffer.from('b'))).rejects.toMatchObject(failed)
  })

  it.skipIf(process.getuid?.() === 0)('fail with the path when permission is denied', async () => {
    const { objects, root } = await createFixture()
    await objects.put('raw/a', Buffer.from('a'))
    await chmod(join(root, 'raw'), 0o500)
    const failed = { code: 'STORAGE_DENIED', message: expect.stringContaining('EACCES') }
    await expect(objects.put('raw/b', Buffer.from('b'))).rejects.toMatchObject(failed)
    await chmod(join(root, 'raw'), 0o700)
  })
})
