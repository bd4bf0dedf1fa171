import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openFolderSource } from '../../functions/adapters/folder/source.ts'
import { collect } from '../support/sftp.ts'
import { createSourceFolder } from '../support/source-folder.ts'
import { testSource } from './source.ts'

const silent = { log: () => undefined }

describe('folder source', () => {
  testSource(async (settings) => {
    const folder = await createSourceFolder()
    const connector = openFolderSource({ root: folder.root, ...settings, ...silent })
    const at = (path: string) => join(folder.root, path === '/' ? '' : path)
    const rootedAt = (path: string) => openFolderSource({ root: at(path), ...settings, ...silent })
    return { ...folder, connector, rootedAt, at }
  })

  it('lists a file that the disk does not describe with the reason, and the others as usual', async () => {
    const folder = await createSourceFolder()
    await folder.put('/7/a.csv', 'id', 1_000)
    const source = await openFolderSource({ root: folder.root, maxFileBytes: 9, maxEntries: 0, ...silent }).connect()
    // ENOTDIR: one of the many answers that are neither "no such file" nor attributes.
    const listing = await source.listFiles(join(folder.root, '7'), ['a.csv', 'a.csv/b.csv', 'c.csv'])
    expect(listing!.files.map(({ name, bytes, refusal }) => [name, bytes, refusal?.slice(0, 14)])).toEqual([
      ['a.csv', 2, undefined],
      ['a.csv/b.csv', 0, 'Error: ENOTDIR'],
    ])
    await folder.close()
  })

  it('refuses one file that became a link, and reads the next', async () => {
    const folder = await createSourceFolder()
    await folder.put('/7/a.csv', 'id', 1_000)
    await folder.put('/7/b.csv', 'id', 1_000)
    const source = await openFolderSource({ root: folder.root, maxFileBytes: 9, ...silent }).connect()
    const [a, b] = (await source.listFiles(join(folder.root, '7')))!.files
    await folder.remove('/7/a.csv')
    await folder.link('/7/a.csv', 'a.csv')
    await expect(collect(source.read(a!))).rejects.toMatchObject({ code: 'SOURCE_READ_FAILED' })
    expect(await collect(source.read(b!))).toHaveLength(2)
    await folder.close()
  })

  it('lists and reads nothing outside of its root, and nothing behind a link', async () => {
    const folder = await createSourceFolder()
    await folder.put('/inside/a.csv', 'id', 1_000)
    await folder.put('/secret/b.csv', 'id', 1_000)
    await folder.link('/inside/way-out', '../secret')
    const source = await openFolderSource({ root: join(folder.root, 'inside'), maxFileBytes: 9, ...silent }).connect()
    const paths = ['..', '../secret', 'way-out', 'x/../../secret'].map((path) => `${folder.root}/inside/${path}`)
    for (const path of [...paths, '/etc']) {
      await expect(source.listFiles(path)).rejects.toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
      const file = { path: `${path}/b.csv`, name: 'b.csv', bytes: 2, modifiedAt: 1_000 }
      await expect(source.read(file)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        code: 'SOURCE_READ_FAILED',
      })
    }
    await folder.close()
  })
})
