import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Source, SourceConnector } from '../../functions/pipeline/ports.ts'
import { collect } from '../support/sftp.ts'

/** A connector over a folder that the test may write to. Paths start with `/` and are relative to that folder. */
export interface SourceFixture {
  readonly connector: SourceConnector
  /** The path as the source knows it. */
  at(path: string): string
  /** Writes a file, and the folders it needs, with this modification time (whole seconds). */
  put(path: string, content: string | Uint8Array, modifiedAt: number): Promise<void>
  makeFolder(path: string): Promise<void>
  /** A connector whose root is that path; null where every root exists. */
  readonly rootedAt: ((path: string) => SourceConnector) | null
  link(path: string, target: string): Promise<void>
  /** Makes what only a disk has; null where there are neither links nor pipes. */
  readonly kinds: { pipe(path: string): Promise<void> } | null
  remove(path: string): Promise<void>
  close(): Promise<void>
}

const AT = Date.UTC(2026, 0, 2, 9, 30)
const SPECIAL = [
  ['CheckDetails.csv', 'special'],
  ['PaymentDetails.csv', 'link'],
] as const

/** Promises of every source. */
export function testSource(
  create: (settings: { maxFileBytes: number; maxEntries?: number }) => Promise<SourceFixture>,
): void {
  let fixture: SourceFixture
  let source: Source
  beforeEach(async () => {
    fixture = await create({ maxFileBytes: 10_000_000 })
    source = await fixture.connector.connect()
  })
  afterEach(async () => {
    await source.close()
    await fixture.close()
  })

  const listed = async (path: string) => {
    const cut = path.lastIndexOf('/')
    const files = await source.listFiles(fixture.at(path.slice(0, cut) || '/'))
    return files!.files.find(({ name }) => name === path.slice(cut + 1))!
  }

  it('lists the regular files of a folder by name, with path, size and time', async () => {
    await fixture.put('/7/20260101/b.csv', 'id\r\n', AT)
    await fixture.put('/7/20260101/a.csv', 'id\r\n1\r\n', AT + 1_000)
    await fixture.makeFolder('/7/20260101/c.csv')

    expect(await source.listFiles(fixture.at('/7/20260101'))).toEqual({
      files: [
        { path: fixture.at('/7/20260101/a.csv'), name: 'a.csv', bytes: 7, modifiedAt: AT + 1_000 },
        { path: fixture.at('/7/20260101/b.csv'), name: 'b.csv', bytes: 4, modifiedAt: AT },
      ],
      others: [{ name: 'c.csv', kind: 'folder' }],
      isWhole: true,
    })
  })

  it('lists the folders of a folder by name', async () => {
    await fixture.put('/7/20260101/a.csv', 'id', AT)
    await fixture.put('/10/20260101/a.csv', 'id', AT)
    await fixture.put('/readme.txt', 'id', AT)

    expect(await source.listFolders(fixture.at('/'))).toEqual(['10', '7'])
    expect(await source.listFolders(fixture.at('/7'))).toEqual(['20260101'])
  })

  it('tells an empty folder from one that does not exist', async () => {
    await fixture.makeFolder('/7/20260101')

    expect(await source.listFiles(fixture.at('/7/20260101'))).toEqual({ files: [], others: [], isWhole: true })
    expect(await source.listFolders(fixture.at('/7/20260101'))).toEqual([])
    expect(await source.listFiles(fixture.at('/7/20260102'))).toBeNull()
    expect(await source.listFolders(fixture.at('/8'))).toBeNull()
  })

  it('does not take a file for a folder that is absent', async () => {
    await fixture.put('/7', 'id', AT)

    await expect(source.listFiles(fixture.at('/7'))).rejects.toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
  })

  it('tells what lies in a folder and is no file, by its kind', async () => {
    await fixture.put('/7/a.csv', 'id', AT)
    await fixture.makeFolder('/7/OrderDetails.csv')
    await fixture.put('/7/CashEntries.csv\t', 'id', AT)
    const odd = fixture.kinds ? ([...SPECIAL, ['dangling.csv', 'link']] as const) : []
    if (fixture.kinds) {
      await fixture.link('/7/PaymentDetails.csv', 'a.csv')
      await fixture.link('/7/dangling.csv', 'nowhere.csv')
      await fixture.kinds.pipe('/7/CheckDetails.csv')
    }

    const listing = (await source.listFiles(fixture.at('/7')))!
    expect(listing.files.map(({ name }) => name)).toEqual(['a.csv'])
    const others = [['OrderDetails.csv', 'folder'], ['CashEntries.csv\t', 'unusable'], ...odd] as const
    expect(listing.others).toEqual(
      others.map(([name, kind]) => ({ name, kind })).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    )
  })

  it('tells of a named file that is something else, however many entries there are', async () => {
    const small = await create({ maxFileBytes: 100, maxEntries: 3 })
    for (const name of ['1', '2', '3', '4', '5']) await small.put(`/7/${name}.csv`, 'id', AT)
    // A bucket has no folders but the beginnings of names.
    await small.put('/7/OrderDetails.csv/a', 'id', AT)
    const crowded = await small.connector.connect()

    const listing = await crowded.listFiles(small.at('/7'), ['OrderDetails.csv', 'absent.csv'])
    expect(listing!.others).toEqual([{ name: 'OrderDetails.csv', kind: 'folder' }])
    expect(listing!.files.map(({ name }) => name)).not.toContain('OrderDetails.csv')
    await crowded.close()
    await small.close()
  })

  it('leaves out links, and names that cannot stand in a path', async () => {
    await fixture.put('/7/a.csv', 'id', AT)
    await fixture.put('/7/tab\there.csv', 'id', AT)
    await fixture.put('/7/back\\slash.csv', 'id', AT)
    await fixture.makeFolder('/7/folder')
    await fixture.makeFolder('/7/new\nline')
    await fixture.link('/7/link.csv', 'a.csv')
    await fixture.link('/7/way-out', '/')

    expect((await source.listFiles(fixture.at('/7')))!.files.map(({ name }) => name)).toEqual(['a.csv'])
    expect(await source.listFolders(fixture.at('/7'))).toEqual(['folder'])
  })

  it('keeps names of other scripts, spaces and quotes as they are', async () => {
    const names = ['Menü "Nacht".csv', '小籠包.csv', '🥟.csv']
    for (const name of names) await fixture.put(`/7/${name}`, name, AT)

    expect((await source.listFiles(fixture.at('/7')))!.files.map(({ name }) => name)).toEqual(names.toSorted())
    expect((await collect(source.read(await listed('/7/🥟.csv')))).toString()).toBe('🥟.csv')
  })

  it('lists more files than fit into one answer', async () => {
    const names = Array.from({ length: 700 }, (_, index) => `${1_000 + index}-${'x'.repeat(100)}.csv`)
    await Promise.all(names.map((name) => fixture.put(`/7/${name}`, '', AT)))

    expect((await source.listFiles(fixture.at('/7')))!.files.map(({ name }) => name)).toEqual(names)
  })

  it('lists all folders of a folder with too many entries, and the files that are named', async () => {
    const small = await create({ maxFileBytes: 100, maxEntries: 20 })
    const folders = Array.from({ length: 30 }, (_, index) => `${100 + index}`)
    const files = Array.from({ length: 10 }, (_, index) => `wanted-${10 + index}.csv`)
    for (const name of folders) await small.makeFolder(`/7/${name}`)
    for (const name of files) await small.put(`/7/${name}`, 'id', AT)
    const crowded = await small.connector.connect()

    expect(await crowded.listFolders(small.at('/7'))).toEqual(folders)
    const listing = await crowded.listFiles(small.at('/7'), [...files, 'absent.csv', '100'])
    expect(listing).toMatchObject({ isWhole: false })
    expect(listing!.files.map(({ name }) => name)).toEqual(files)
    expect(await collect(crowded.read(listing!.files.at(-1)!))).toHaveLength(2)
    await crowded.close()
    await small.close()
  })

  it('does not connect when its root is absent or a file, and takes that for no absence of files', async () => {
    await fixture.put('/a.csv', 'id', AT)
    for (const path of fixture.rootedAt ? ['/nowhere', '/a.csv', '/a.csv/below', '/no/where'] : []) {
      await expect(fixture.rootedAt!(path).connect()).rejects.toMatchObject({
        code: 'SOURCE_ROOT_MISSING',
        message: expect.stringContaining(fixture.at(path)),
      })
    }
  })

  it.each([0, 1, 32_767, 32_768, 32_769, 262_144, 262_145, 5_000_001])(
    'reads a file of %i bytes to the byte',
    async (bytes) => {
      const content = randomBytes(bytes)
      await fixture.put('/7/a.csv', content, AT)

      expect((await collect(source.read(await listed('/7/a.csv')))).equals(content)).toBe(true)
    },
  )

  it('reads two files at the same time on one connection', async () => {
    const [a, b] = [randomBytes(700_000), randomBytes(900_000)]
    await fixture.put('/7/a.csv', a, AT)
    await fixture.put('/7/b.csv', b, AT)

    const [readA, readB] = await Promise.all(
      ['/7/a.csv', '/7/b.csv'].map(async (path) => collect(source.read(await listed(path)))),
    )
    expect(readA!.equals(a) && readB!.equals(b)).toBe(true)
  })

  it('refuses a file whose time changed since it was listed', async () => {
    await fixture.put('/7/a.csv', 'id\n1', AT)
    const file = await listed('/7/a.csv')
    await fixture.put('/7/a.csv', 'id\n2', AT + 5_000)

    await expect(collect(source.read(file))).rejects.toMatchObject({ code: 'FILE_CHANGED' })
  })

  it('refuses a file that is longer or shorter than it was listed', async () => {
    await fixture.put('/7/a.csv', 'id\n1', AT)
    const file = await listed('/7/a.csv')
    await fixture.put('/7/a.csv', 'id\n1\n2', AT)
    await expect(collect(source.read(file))).rejects.toMatchObject({ code: 'FILE_CHANGED' })

    await fixture.put('/7/a.csv', 'id', AT)
    await expect(collect(source.read(file))).rejects.toMatchObject({ code: 'FILE_CHANGED' })
  })

  it('refuses a file that is gone, or became a folder', async () => {
    await fixture.put('/7/a.csv', 'id\n1', AT)
    const file = await listed('/7/a.csv')
    await fixture.remove('/7/a.csv')
    await expect(collect(source.read(file))).rejects.toMatchObject({ code: 'FILE_CHANGED' })

    await fixture.makeFolder('/7/a.csv')
    await expect(collect(source.read(file))).rejects.toMatchObject({
      code: expect.stringMatching(/^(FILE_CHANGED|SOURCE_READ_FAILED)$/),
    })
  })

  it('refuses a file that grows while it is read', async () => {
    await fixture.put('/7/a.csv', randomBytes(3_000_000), AT)
    const reading = source.read(await listed('/7/a.csv'))[Symbol.asyncIterator]()
    await reading.next()
    await fixture.put('/7/a.csv', randomBytes(3_000_001), AT)

    await expect(
      (async () => {
        while (!(await reading.next()).done);
      })(),
    ).rejects.toMatchObject({ code: 'FILE_CHANGED' })
  })

  it('reads no byte of a file above the limit', async () => {
    await fixture.put('/7/a.csv', Buffer.alloc(10_000_001), AT)
    let bytes = 0
    const reading = async () => {
      for await (const chunk of source.read(await listed('/7/a.csv'))) bytes += chunk.length
    }

    await expect(reading()).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' })
    expect(bytes).toBe(0)
  })

  it('stops reading when the signal aborts', async () => {
    await fixture.put('/7/a.csv', randomBytes(9_000_000), AT)
    const abort = new AbortController()
    const reading = async () => {
      for await (const _ of source.read(await listed('/7/a.csv'), abort.signal)) abort.abort()
    }

    await expect(reading()).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('survives a reader that leaves in the middle', async () => {
    const content = randomBytes(4_000_000)
    await fixture.put('/7/a.csv', content, AT)
    const file = await listed('/7/a.csv')
    for await (const _ of source.read(file)) break

    expect((await collect(source.read(file))).equals(content)).toBe(true)
  })

  it('closes twice without complaint, and is cancelled before it connects', async () => {
    await source.close()
    await source.close()

    await expect(fixture.connector.connect(AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('is called something that names the place', () => {
    // A word for the system, then the place: `sftp://user@host:22`, `folder /data`.
    expect(fixture.connector.name).toMatch(/^[a-z]+(:\/\/| )\S/)
    expect(fixture.connector.name).not.toMatch(/:[^@/]*@/)
  })
}
