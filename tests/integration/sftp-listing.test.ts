import fc from 'fast-check'
import { afterEach, expect, it } from 'vitest'
import { isPlainName } from '../../functions/lib/plain-name.ts'
import { aFolder, aLink, type FaultScript, MODIFIED, startFaultSftp } from '../support/fault-sftp.ts'
import { testConnector } from '../support/sftp.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
async function connect(script: FaultScript) {
  const server = await startFaultSftp(script)
  closing.push(() => server.close())
  const { connector, logs } = testConnector(server)
  const source = await connector.connect()
  closing.push(() => source.close())
  return { server, source, logs }
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error,
  )
const names = (count: number, from = 0) => Array.from({ length: count }, (_, nth) => ({ name: `${from + nth}.csv` }))

it('fault 16: a listing that breaks off after some entries is a failure, and no short list', async () => {
  const { source } = await connect({ folders: { '/7': [names(3), 'fail'] } })

  expect(await failure(source.listFiles('/7'))).toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
  expect(await failure(source.listFolders('/7'))).toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
})

it.each([
  ['permission denied', 3],
  ['failure', 4],
  ['bad message', 5],
  ['no connection', 6],
  ['operation unsupported', 8],
])('fault 16: %s is not taken for an absent folder', async (_, status) => {
  const { source } = await connect({ refuses: { '/7': status } })

  expect(await failure(source.listFiles('/7'))).toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
})

it('fault 16: "no such file" of a folder that is there is a failure', async () => {
  const { source } = await connect({ refuses: { '/7': 2 }, files: { '/7': { bytes: 0 } } })

  expect(await failure(source.listFiles('/7'))).toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
  expect(await source.listFiles('/8')).toBeNull()
})

it('fault 16: a listing that stands still is a broken connection', async () => {
  const { source } = await connect({ folders: { '/7': [names(3), 'stall'] } })

  expect(await failure(source.listFiles('/7'))).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
})

it('an entry without attributes is asked for, and not left out', async () => {
  const { source } = await connect({
    folders: { '/7': [[{ name: 'a.csv', bare: true }]] },
    files: { '/7/a.csv': { bytes: 7 } },
  })

  expect(await source.listFiles('/7')).toMatchObject({ files: [{ name: 'a.csv', bytes: 7 }] })
})

it.each([
  ['no such file', 2],
  ['permission denied', 3],
  ['failure', 4],
  ['operation unsupported', 8],
])(
  'an entry without attributes of which the server says "%s" is listed with that, and fails no other',
  async (_, stat) => {
    const bare = { name: 'a.csv', bare: true }
    const { source, logs } = await connect({
      folders: {
        '/7': [[bare, { name: 'b.csv', attrs: { size: 5 } }]],
        '/8': [[bare, { name: 'East', attrs: aFolder }]],
      },
      files: { '/7/a.csv': { bytes: 7, refuses: { stat } }, '/8/a.csv': { bytes: 7, refuses: { stat } } },
    })

    const { files } = (await source.listFiles('/7'))!
    expect(files).toMatchObject([
      { path: '/7/a.csv', bytes: 0, modifiedAt: 0 },
      { path: '/7/b.csv', bytes: 5 },
    ])
    expect(files.map(({ refusal }) => typeof refusal)).toEqual(['string', 'undefined'])
    expect(logs).toEqual([])
    expect(await source.listFolders('/8')).toEqual(['East'])
    expect(logs.map(({ message }) => message)).toEqual([expect.stringContaining('a.csv')])
  },
)

it('a connection that breaks while an entry is asked for fails the listing', async () => {
  const { source, server } = await connect({
    folders: { '/7': [[{ name: 'a.csv', bare: true }]] },
    files: {
      '/7/a.csv': {
        bytes: 7,
        stat: () => {
          server.cutAll()
          return {}
        },
      },
    },
  })

  expect(await failure(source.listFiles('/7'))).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
})

it('a listing that sends an entry before each timeout ends with its connection', async () => {
  const script = { listDelay: 150, folders: { '/7': Array.from({ length: 2_000 }, (_, nth) => names(1, nth)) } }
  const expected = { code: 'SOURCE_UNREACHABLE', message: expect.stringMatching(/listing \/7 brought \d+ entries/) }

  const [files, folders] = [await connect(script), await connect(script)]
  expect(
    await Promise.all([failure(files.source.listFiles('/7')), failure(folders.source.listFolders('/7'))]),
  ).toMatchObject([expected, expected])
})

it('a folder of 10,001 entries is cut, and the files that are named are asked for', async () => {
  const chunks = (count: number) => Array.from({ length: count / 100 }, (_, nth) => names(100, 10_000 + nth * 100))
  const wanted = { name: 'Wanted.csv', attrs: { size: 3 } }
  const refused = { bytes: 3, refuses: { stat: 3 } }
  const { source, logs } = await connect({
    folders: { '/full': chunks(10_000), '/over': [...chunks(10_000), [wanted]] },
    files: { '/over/Wanted.csv': { bytes: 3 }, '/over/Refused.csv': refused },
  })

  expect(await source.listFiles('/full', ['Wanted.csv'])).toMatchObject({ isWhole: true })
  expect((await source.listFiles('/full'))!.files).toHaveLength(10_000)
  expect(logs).toEqual([])
  const over = (await source.listFiles('/over', ['Wanted.csv', 'absent.csv']))!
  expect(over.files).toHaveLength(10_001)
  const named = (await source.listFiles('/over', ['Wanted.csv', 'Refused.csv']))!.files
  expect(named.find(({ name }) => name === 'Refused.csv')).toMatchObject({ refusal: expect.any(String) })
  expect(over).toMatchObject({ isWhole: false })
  expect(over.files).toContainEqual({
    path: '/over/Wanted.csv',
    name: 'Wanted.csv',
    bytes: 3,
    modifiedAt: MODIFIED * 1_000,
  })
  expect(logs.map(({ message }) => message)).toEqual(Array(2).fill(expect.stringContaining('/over at sftp://')))
})

it('10,050 location folders are listed among other entries', async () => {
  const folders = Array.from({ length: 10_050 }, (_, nth) => ({ name: `${20_000 + nth}`, attrs: aFolder }))
  const answers = Array.from({ length: 201 }, (_, nth) => [
    ...names(50, nth * 50),
    ...folders.slice(nth * 50, nth * 50 + 50),
  ])
  const { source } = await connect({ folders: { '/': answers } })

  expect(await source.listFolders('/')).toEqual(folders.map(({ name }) => name))
})

it('answers without entries end a listing', async () => {
  const { source } = await connect({ folders: { '/empty': Array(1_000).fill([]) } })

  expect(await failure(source.listFiles('/empty'))).toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
  expect(await failure(source.listFolders('/empty'))).toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
})

it('fault 17: evil names are left out of what is listed, and told, escaped and shortened', async () => {
  const evil = [
    '..',
    '.',
    '',
    '../x',
    '/etc/passwd',
    'a\0b',
    'a\nb',
    'a\u001b[2Jb',
    'a\\b',
    'x'.repeat(4_096),
    '\ufffd',
  ]
  const { source, logs } = await connect({
    folders: {
      '/7': [
        [...evil.map((name) => ({ name })), { name: 'ok.csv' }, { name: 'link.csv', attrs: aLink }],
        [{ name: '20260101', attrs: aFolder }, ...evil.map((name) => ({ name, attrs: aFolder }))],
      ],
    },
  })

  expect((await source.listFiles('/7'))!.files.map(({ path }) => path)).toEqual(['/7/ok.csv'])
  expect(await source.listFolders('/7')).toEqual(['20260101'])
  const told = logs.map(({ message }) => message).join('\n')
  expect(told).toMatch(/left out/)
  expect(told).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
  expect(told.length).toBeLessThan(1_000)
})

it('fault 17: every path stays one component below the folder, for any name of a file', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), { maxLength: 20 }),
      async (evil) => {
        const { source } = await connect({ folders: { '/7': [evil.map((name) => ({ name }))] } })
        const files = (await source.listFiles('/7'))!.files

        for (const { path, name } of files) expect(path).toBe(`/7/${name}`)
        for (const { name } of files) expect(name).toMatch(/^(?!\.\.?$)[^/\\\u0000-\u001f\u007f]+$/)
        expect(files.length).toBe(evil.filter(isPlainName).length)
      },
    ),
    { numRuns: 20 },
  )
})
