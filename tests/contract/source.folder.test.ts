import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createFolderConnector } from '../../functions/adapters/folder/connector.ts'
import { collect } from '../support/sftp.ts'
import { createSourceFolder } from '../support/source-folder.ts'
import { testSource } from './source.ts'

const silent = { log: () => undefined }

describe('folder source', () => {
  testSource(async ({ maxFileBytes }) => {
    const folder = await createSourceFolder()
    const connector = createFolderConnector({ root: folder.root, maxFileBytes }, silent)
    return { ...folder, connector, at: (path) => join(folder.root, path === '/' ? '' : path) }
  })

  it('does not open a root that is absent, or a file', async () => {
    const folder = await createSourceFolder()
    await folder.put('/a.csv', 'id', 0)
    for (const name of ['nowhere', 'a.csv']) {
      const connector = createFolderConnector({ root: join(folder.root, name), maxFileBytes: 1 }, silent)
      await expect(connector.connect()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
    }
    await folder.close()
  })

  it('refuses a folder of more than 10,000 entries', async () => {
    const folder = await createSourceFolder()
    for (let index = 0; index <= 10_000; index++) writeFileSync(join(folder.root, `${index}`), '')
    const source = await createFolderConnector({ root: folder.root, maxFileBytes: 1 }, silent).connect()
    await expect(source.listFiles(folder.root)).rejects.toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
    await folder.close()
  })

  it('refuses one file that became a link, and reads the next', async () => {
    const folder = await createSourceFolder()
    await folder.put('/7/a.csv', 'id', 1_000)
    await folder.put('/7/b.csv', 'id', 1_000)
    const source = await createFolderConnector({ root: folder.root, maxFileBytes: 9 }, silent).connect()
    const [a, b] = (await source.listFiles(join(folder.root, '7')))!
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
    const source = await createFolderConnector({ root: join(folder.root, 'inside'), maxFileBytes: 9 }, silent).connect()
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
