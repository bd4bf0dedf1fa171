import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isMendable, type ObjectStore } from '../../functions/pipeline/ports.ts'

export interface ObjectsFixture {
  readonly objects: ObjectStore
  /** A second store over the same objects, as another process has it. */
  readonly other: ObjectStore
  /** A folder for the files of a test. */
  readonly folder: string
  /** Writes over an object as another program may, or deletes it for null; null where no program can. */
  readonly damage: ((name: string, content: string | null) => Promise<void>) | null
}

const shaOf = (text: string) => createHash('sha256').update(text).digest('hex')
const bytes = (text: string) => Buffer.from(text)
const text = async (objects: ObjectStore, name: string) => Buffer.from(await objects.get(name)).toString()
const names = async (objects: ObjectStore, prefix: string) =>
  (await Array.fromAsync(objects.list(prefix))).map(({ name }) => name)

/** Promises of every object store. */
export function testObjects(create: () => Promise<ObjectsFixture>): void {
  it('gives back what was put', async () => {
    const { objects, other } = await create()

    expect(await objects.put('raw/a.csv', bytes('one'))).toEqual({ created: true })

    expect(await text(other, 'raw/a.csv')).toBe('one')
    expect(await other.size('raw/a.csv')).toBe(3)
  })

  it('keeps an object of zero bytes', async () => {
    const { objects } = await create()
    await objects.put('raw/empty.csv', bytes(''))
    expect(await objects.size('raw/empty.csv')).toBe(0)
    expect(await text(objects, 'raw/empty.csv')).toBe('')
    expect(await objects.put('raw/empty.csv', bytes(''))).toEqual({ created: false })
  })

  it('takes a file of several megabytes, and leaves the file as it was', async () => {
    const { objects, folder } = await create()
    const content = randomBytes(3_500_000)
    const path = join(folder, 'large')
    await writeFile(path, content)

    expect(await objects.put('raw/large', { path })).toEqual({ created: true })
    expect(await objects.put('raw/large', { path })).toEqual({ created: false })

    expect(content.equals(await objects.get('raw/large'))).toBe(true)
    expect(content.equals(await readFile(path))).toBe(true)
  })

  it('finds the same content under a name, and creates nothing', async () => {
    const { objects, other, folder } = await create()
    const path = join(folder, 'same')
    await writeFile(path, 'same')
    await objects.put('parts/a', bytes('same'))
    expect(await other.put('parts/a', bytes('same'))).toEqual({ created: false })
    expect(await other.put('parts/a', { path })).toEqual({ created: false })
  })

  it.each(['longer content', 'shorter', 'as long B'])(
    'refuses other content (%s) under a taken name',
    async (content) => {
      const { objects } = await create()
      await objects.put('parts/a', bytes('as long A'))

      await expect(objects.put('parts/a', bytes(content))).rejects.toMatchObject({ code: 'OBJECT_CONFLICT' })

      expect(await text(objects, 'parts/a')).toBe('as long A')
    },
  )

  it('creates an object once, however many put it at once', async () => {
    const { objects, other } = await create()
    const puts = Array.from({ length: 16 }, (_, n) => (n % 2 ? objects : other).put('parts/one', bytes('one')))
    const created = (await Promise.all(puts)).filter((put) => put.created)
    expect(created).toHaveLength(1)
  })

  it('lets one content win when different ones are put at once', async () => {
    const { objects, other } = await create()
    const puts = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) => (n % 2 ? objects : other).put('manifests/1.json', bytes(`content ${n}`))),
    )
    const won = puts.flatMap((put, n) => (put.status === 'fulfilled' ? [n] : []))
    expect(won).toHaveLength(1)
    expect(await text(objects, 'manifests/1.json')).toBe(`content ${won[0]}`)
    for (const put of puts) if (put.status === 'rejected') expect(put.reason).toMatchObject({ code: 'OBJECT_CONFLICT' })
  })

  it('fetches a copy that the caller may change', async () => {
    const { objects, folder } = await create()
    await objects.put('raw/a', bytes('kept'))
    const path = join(folder, 'fetched')

    await objects.fetch('raw/a', path)
    await writeFile(path, 'changed')

    expect(await text(objects, 'raw/a')).toBe('kept')
  })

  it('says which object is missing', async () => {
    const { objects, folder } = await create()
    await objects.put('raw/a', bytes('one'))
    const missing = { code: 'OBJECT_MISSING', message: expect.stringContaining('raw/none') }
    await expect(objects.get('raw/none')).rejects.toMatchObject(missing)
    await expect(objects.fetch('raw/none', join(folder, 'none'))).rejects.toMatchObject(missing)
    expect(await objects.size('raw/none')).toBeNull()
    expect(await objects.size('raw')).toBeNull()
    expect(await objects.size('raw/a/b')).toBeNull()
  })

  it('does not take a folder it cannot write to for a missing object', async () => {
    const { objects, folder } = await create()
    await objects.put('raw/a', bytes('one'))
    const fetching = objects.fetch('raw/a', join(folder, 'nowhere', 'a'))
    await expect(fetching).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
  })

  it('does not take a file it cannot read for an object', async () => {
    const { objects, folder } = await create()
    const path = join(folder, 'nowhere')
    await expect(objects.put('raw/a', { path })).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(await objects.size('raw/a')).toBeNull()
  })

  it('lists objects by name, folders and files in one order', async () => {
    const { objects } = await create()
    const all = ['a-b', 'a/x/1', 'a/y', 'a0', 'b/1']
    for (const name of all.toReversed()) await objects.put(name, bytes(name))
    expect(await names(objects, '')).toEqual(all)
    expect(await Array.fromAsync(objects.list('a/x'))).toMatchObject([
      { name: 'a/x/1', bytes: 5, createdAt: expect.any(Number) },
    ])
  })

  it('lists by the beginning of a name, whether or not it ends at a folder', async () => {
    const { objects } = await create()
    for (const name of ['raw/10/a', 'raw/1/a', 'raw/2/a', 'rawer/1']) await objects.put(name, bytes(name))
    expect(await names(objects, 'raw/1')).toEqual(['raw/1/a', 'raw/10/a'])
    expect(await names(objects, 'raw/1/')).toEqual(['raw/1/a'])
    expect(await names(objects, 'raw/')).toEqual(['raw/1/a', 'raw/10/a', 'raw/2/a'])
    expect(await names(objects, 'none/')).toEqual([])
  })

  it.each([
    '',
    '/etc/passwd',
    '../a',
    'a/../b',
    'a//b',
    'a/',
    './a',
    'a\nb',
    'a\0b',
    'a\\b',
    '.temporary/a',
    'x'.repeat(2000),
  ])('refuses the name %j', async (name) => {
    const { objects, folder } = await create()
    await expect(objects.put(name, bytes('x'))).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(objects.get(name)).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(objects.fetch(name, join(folder, 'x'))).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(objects.size(name)).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('refuses to list outside of its objects', async () => {
    const { objects } = await create()
    await expect(names(objects, '../')).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('finds and replaces damaged objects if it says that it can, which it must where a program can damage them', async () => {
    const { objects, folder, damage } = await create()
    expect(objects.can.mend).toBe(damage !== null)
    if (!isMendable(objects) || damage === null) return
    const partOf = (object: string, content: string) => ({
      object,
      rows: 1,
      bytes: content.length,
      sha256: shaOf(content),
    })
    const all = ['whole', 'other', 'short', 'gone'].map((content) => partOf(`parts/${content}`, content))
    for (const { object } of all) await objects.put(object, bytes(object.slice('parts/'.length)))
    await damage('parts/other', 'OTHER')
    await damage('parts/short', 'sh')
    await damage('parts/gone', null)
    expect(await objects.damaged(all)).toEqual(['parts/other', 'parts/short', 'parts/gone'])

    for (const { object } of all.slice(1)) {
      const path = join(folder, 'mended')
      await writeFile(path, object.slice('parts/'.length))
      await objects.replace(object, { path })
    }
    expect(await objects.damaged(all)).toEqual([])
    expect(await text(objects, 'parts/gone')).toBe('gone')
  })

  it('gives the same address for an object whether or not it exists yet', async () => {
    const { objects } = await create()
    const uri = objects.uri('parts/a.parquet')
    await objects.put('parts/a.parquet', bytes('a'))
    expect(objects.uri('parts/a.parquet')).toBe(uri)
  })
}
