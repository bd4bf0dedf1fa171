import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { SourceFile } from '../../functions/pipeline/entities.ts'
import type { Source, SourceConnector } from '../../functions/pipeline/ports.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { type FaultFile, type FaultScript, MODIFIED, startFaultSftp } from '../support/fault-sftp.ts'
import { hasOpenSsh, type OpenSsh, startOpenSsh } from '../support/openssh.ts'
import { collect, testConnector } from '../support/sftp.ts'
import { createSourceFolder } from '../support/source-folder.ts'
import { withSource } from '../support/with-source.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
function closeLater<Thing extends { close(): Promise<unknown> }>(thing: Thing): Thing {
  closing.push(() => thing.close())
  return thing
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error,
  )
const listed = (file: FaultFile): SourceFile => ({
  path: '/a.csv',
  name: 'a.csv',
  bytes: file.bytes,
  modifiedAt: MODIFIED * 1_000,
})

async function serve(file: FaultFile, script: FaultScript = {}) {
  const server = closeLater(await startFaultSftp({ files: { '/a.csv': file }, ...script }))
  const { connector } = testConnector(server, { maxFileBytes: 50_000_000 })
  const source = closeLater(await connector.connect())
  return { server, connector, source, file: listed(file) }
}

/** As the pipeline does it: whole file, fresh connection for each attempt. */
function fetch(connector: SourceConnector, work: (source: Source) => Promise<Buffer>, attempts = 3) {
  const retried: string[] = []
  const bytes = withSource(connector, work, {
    attempts,
    sleep: async () => undefined,
    random: () => 0,
    onRetry: ({ code }) => retried.push(code),
  })
  return { bytes, retried }
}

it('a server that answers with fewer bytes than it was asked for is asked for the rest', async () => {
  const { source, file } = await serve({ bytes: 200_001, shortReads: 1_000 })

  expect((await collect(source.read(file))).equals(Buffer.alloc(200_001, 'A'))).toBe(true)
})

it('fault 9: a read that stands still while keepalives are answered is cut, and a fresh connection finishes', async () => {
  let stalls = 1
  const file: FaultFile = {
    bytes: 3_000_000,
    get stallAt() {
      return stalls > 0 ? 1_000_000 : Number.POSITIVE_INFINITY
    },
  }
  const { server, connector } = await serve(file)
  const { bytes, retried } = fetch(connector, (source) => {
    const reading = collect(source.read(listed(file)))
    return reading.finally(() => stalls--)
  })

  expect((await bytes).length).toBe(3_000_000)
  expect(retried).toEqual(['SOURCE_UNREACHABLE'])
  expect(server.seen.open).toBeLessThanOrEqual(2)
})

it('fault 9: a slow reader is not taken for a server that stands still', async () => {
  const { source, file } = await serve({ bytes: 600_000 })
  let bytes = 0
  for await (const chunk of source.read(file)) {
    bytes += chunk.length
    await wait(600)
  }

  expect(bytes).toBe(600_000)
})

it('fault 9: the first request after a long pause is watched like any other', async () => {
  const { source, file } = await serve({ bytes: 10, stallAt: 0 })
  await wait(900)

  expect(await failure(collect(source.read(file)))).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
})

it.each<[string, Partial<FaultFile>]>([
  ['seven bytes come with each answer', { shortReads: 7, delay: 40 }],
  ['one byte comes just before each timeout', { shortReads: 1, delay: 300 }],
])('a file that arrives too slowly is given up for this look when %s, and its connection with it', async (_, how) => {
  const { source, connector } = await serve({ bytes: 9_000, ...how })

  const error = await failure(collect(source.read(listed({ bytes: 9_000 }))))
  expect(error).toMatchObject({ code: 'SOURCE_READ_FAILED', message: expect.stringContaining('too slowly') })
  expect(await failure(source.listFiles('/'))).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  await (await connector.connect()).close()
})

it('fault 9: an idle connection is not cut', async () => {
  const { source, file } = await serve({ bytes: 10 })
  await wait(900)

  expect(await collect(source.read(file))).toHaveLength(10)
})

it.each<[string, FaultFile]>([
  ['grows before it is opened', { bytes: 500_000, stat: () => ({ size: 500_001 }) }],
  ['grows while it is read', { bytes: 500_000, stat: (nth: number) => ({ size: nth === 1 ? 500_000 : 500_001 }) }],
  ['has more bytes than its attributes say', { bytes: 500_000, has: () => 500_001 }],
  ['is written anew with the same size', { bytes: 500_000, stat: (nth: number) => ({ mtime: MODIFIED + nth - 1 }) }],
])('fault 10: a file that %s is not the listed file', async (_, file) => {
  const { source } = await serve(file)

  expect(await failure(collect(source.read(listed(file))))).toMatchObject({ code: 'FILE_CHANGED' })
})

it.each<[string, FaultFile]>([
  ['shrinks before it is opened', { bytes: 500_000, stat: () => ({ size: 400_000 }), has: () => 400_000 }],
  ['shrinks while it is read', { bytes: 500_000, has: () => 400_000 }],
  ['is emptied while it is read', { bytes: 500_000, has: () => 0 }],
  ['was a link when it was opened', { bytes: 500_000, stat: () => ({ mode: 0o120777 }) }],
])('fault 11: a file that %s is not the listed file', async (_, file) => {
  const { source } = await serve(file)

  expect(await failure(collect(source.read(listed(file))))).toMatchObject({ code: 'FILE_CHANGED' })
})

it('fault 18: a file listed above the limit is not even opened', async () => {
  const { source, server, file } = await serve({ bytes: 10_000_000_000 })

  expect(await failure(collect(source.read(file)))).toMatchObject({ code: 'FILE_TOO_LARGE' })
  expect(server.seen.opens).toBe(0)
})

it('fault 18: a file that is above the limit once it is open yields no byte', async () => {
  const { source, file } = await serve({ bytes: 1_000, stat: () => ({ size: 10_000_000_000 }) })

  expect(await failure(collect(source.read(file)))).toMatchObject({ code: 'FILE_TOO_LARGE' })
})

it('fault 18: of a file without an end no more is read than was listed', async () => {
  const { source, server, file } = await serve({ bytes: 1_000_000, has: () => Number.MAX_SAFE_INTEGER })

  expect(await failure(collect(source.read(file)))).toMatchObject({ code: 'FILE_CHANGED' })
  expect(server.seen.bytes).toBe(1_000_001)
})

it('a reader that stops early is not sent the rest', async () => {
  const { source, server, file } = await serve({ bytes: 40_000_000 })
  for await (const _ of source.read(file)) break
  await wait(50)

  expect(server.seen.bytes).toBeLessThan(5_000_000)
})

it('the server dying in the middle of many reads is one failure, and the source stays failed', async () => {
  const { source, server, file } = await serve({ bytes: 40_000_000 })
  const reads = [1, 2, 3].map(async () => {
    for await (const _ of source.read(file)) server.cutAll()
  })

  for (const read of reads) expect(await failure(read)).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  expect(await failure(source.listFiles('/'))).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
})

describe.skipIf(!hasOpenSsh)(`OpenSSH${hasOpenSsh ? '' : ' (skipped: not present)'}`, () => {
  let server: OpenSsh
  let folder: Awaited<ReturnType<typeof createSourceFolder>>
  beforeAll(async () => {
    server = await startOpenSsh()
    folder = await createSourceFolder()
  })
  afterAll(async () => {
    await server.close()
    await folder.close()
  })

  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  const connectorAt = (port: number, settings = {}) =>
    testConnector({ ...server, port, privateKey: server.ed25519 }, settings).connector
  const readFirst = async (source: Source) => collect(source.read((await source.listFiles(folder.root))!.files[0]!))

  it('fault 8: a reset at any of 20 places costs a retry and no byte', async () => {
    const content = randomBytes(1_000_000)
    await folder.put('/a.csv', content, MODIFIED * 1_000)
    // From the middle of the handshake to the last packets of the file.
    const places = Array.from({ length: 20 }, (_, nth) => 500 + nth * 52_000)
    for (const resetAfter of places) {
      const proxy = await startFaultProxy(server, (connection) => (connection === 1 ? { resetAfter } : {}))
      const { bytes, retried } = fetch(connectorAt(proxy.port), readFirst)

      expect(sha256(await bytes), `reset after ${resetAfter} bytes`).toBe(sha256(content))
      expect(retried, `reset after ${resetAfter} bytes`).toEqual(['SOURCE_UNREACHABLE'])
      await proxy.close()
    }
  })

  it.each([2_000, 6_000, 400_000])(
    'fault 9: a connection that falls silent after %i bytes is cut and replaced',
    async (stallAfter) => {
      const content = randomBytes(1_000_000)
      await folder.put('/a.csv', content, MODIFIED * 1_000)
      const proxy = closeLater(await startFaultProxy(server, (nth) => (nth === 1 ? { stallAfter } : {})))
      const { bytes, retried } = fetch(connectorAt(proxy.port, { connectTimeout: 500 }), readFirst)

      expect(sha256(await bytes)).toBe(sha256(content))
      expect(retried).toEqual(['SOURCE_UNREACHABLE'])
    },
  )

  it('fault 19: a slow network in small pieces is slow, and not a failure', async () => {
    const content = randomBytes(300_000)
    await folder.put('/a.csv', content, MODIFIED * 1_000)
    const proxy = closeLater(
      await startFaultProxy(server, () => ({ latency: 40, bytesPerSecond: 150_000, slice: 2_000 })),
    )
    // The transfer takes two seconds at this rate: longer in all than the server may stand still.
    const patience = { connectTimeout: 10_000, inactivityTimeout: 1_500 }
    const { bytes, retried } = fetch(connectorAt(proxy.port, patience), readFirst, 1)

    expect(sha256(await bytes)).toBe(sha256(content))
    expect(retried).toEqual([])
  })

  it('fault 19: what does not end within its budget is cancelled', async () => {
    await folder.put('/a.csv', randomBytes(1_000_000), MODIFIED * 1_000)
    const proxy = closeLater(await startFaultProxy(server, () => ({ bytesPerSecond: 100_000, slice: 2_000 })))
    const source = closeLater(await connectorAt(proxy.port, { connectTimeout: 10_000 }).connect())
    const [file] = (await source.listFiles(folder.root))!.files
    let received = 0
    const reading = async () => {
      for await (const chunk of source.read(file!, AbortSignal.timeout(300))) received += chunk.length
    }

    expect(await failure(reading())).toMatchObject({ code: 'CANCELLED' })
    expect(received).toBeLessThan(1_000_000)
  })

  it('answers for one file that may not be opened, and keeps the connection', async () => {
    const guarded = closeLater(await startOpenSsh({ sftp: 'internal-sftp -P open' }))
    await folder.put('/20260103/a.csv', 'id', MODIFIED * 1_000)
    const source = closeLater(
      await testConnector({ ...guarded, privateKey: guarded.ed25519 }, { connectTimeout: 10_000 }).connector.connect(),
    )
    const [file] = (await source.listFiles(`${folder.root}/20260103`))!.files
    expect(await failure(collect(source.read(file!)))).toMatchObject({ code: 'SOURCE_READ_FAILED' })
    expect(await source.listFiles(`${folder.root}/20260103`)).toMatchObject({ files: [file] })
  })

  it('fault 20: zero bytes, a header alone, and nothing at all are three things', async () => {
    await folder.put('/20260101/empty.csv', '', MODIFIED * 1_000)
    await folder.put('/20260101/header.csv', 'Order Id,Order #\r\n', MODIFIED * 1_000)
    const source = closeLater(await connectorAt(server.port).connect())
    const { files } = (await source.listFiles(`${folder.root}/20260101`))!

    expect(files.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['empty.csv', 0],
      ['header.csv', 18],
    ])
    expect(await collect(source.read(files[0]!))).toHaveLength(0)
    expect(await source.listFiles(`${folder.root}/20260102`)).toBeNull()
  })
})
