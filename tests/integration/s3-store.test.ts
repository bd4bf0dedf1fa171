import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openS3Sink } from '../../functions/adapters/s3/sink.ts'
import { openS3Source } from '../../functions/adapters/s3/source.ts'
import { collect } from '../support/sftp.ts'

// What a store answers that `conformance/s3.test.ts` cannot make one answer: pages, refusals, failures behind a status of 200.
interface Answer {
  readonly status?: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

let server: Server
let answers: Answer[] = []
let asked: string[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    const { authorization = '', 'if-match': match, 'if-none-match': none } = request.headers
    const isSigned = authorization.startsWith('AWS4-HMAC-SHA256 Credential=id/')
    const condition = match ?? none
    asked.push(`${request.method} ${request.url}${condition === undefined ? '' : ` ${condition}`}`)
    request.resume().on('end', () => {
      const { status = 200, body = '', headers = {} } = (isSigned ? answers.shift() : null) ?? { status: 403 }
      response.writeHead(status, headers).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterAll(() => void server.close())

beforeEach(() => {
  answers = []
  asked = []
})

function settings() {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    ...{ bucket: 'drop', region: 'us-east-1', endpoint: `http://127.0.0.1:${port}` },
    ...{ accessKeyId: 'id', secretAccessKey: 'secret', root: '/in' },
  }
}

const source = async (maxEntries?: number) =>
  await openS3Source({
    ...{ ...settings(), maxFileBytes: 100, log: () => undefined },
    ...(maxEntries !== undefined && { maxEntries }),
  }).connect()

const AT = '2026-01-02T09:30:00.123Z'
const contents = (key: string, bytes = 3) =>
  `<Contents><Key>${key}</Key><LastModified>${AT}</LastModified><ETag>&quot;e&quot;</ETag><Size>${bytes}</Size></Contents>`
const page = (own: string, next?: string) =>
  `<ListBucketResult>${own}<IsTruncated>${next !== undefined}</IsTruncated>${next ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''}</ListBucketResult>`

it('follows pages, and leaves out names that cannot be files', async () => {
  answers = [
    { body: page(contents('in%2Fb.csv') + contents('in%2F'), 'n=&amp;t') },
    {
      body: page(
        `${contents('in%2Fa+%C3%BC.csv')}${contents('in%2Fx%01y')}<CommonPrefixes><Prefix>in%2Fdeep%2F</Prefix></CommonPrefixes>`,
      ),
    },
  ]
  const listing = await (await source()).listFiles('/in')
  expect(listing?.files.map(({ path, bytes, modifiedAt }) => [path, bytes, modifiedAt])).toEqual([
    ['/in/a ü.csv', 3, Date.parse('2026-01-02T09:30:00Z')],
    ['/in/b.csv', 3, Date.parse('2026-01-02T09:30:00Z')],
  ])
  expect(listing?.others.map(({ name }) => name)).toContain('deep')
  expect(asked[1]).toContain('continuation-token=n%3D%26t')
})

it('looks for named files behind a listing that is cut', async () => {
  answers = [
    { body: page(contents('in%2Fa.csv') + contents('in%2Fb.csv')) },
    { headers: { 'content-length': '5', 'last-modified': 'Fri, 02 Jan 2026 09:30:00 GMT', etag: '"z"' } },
  ]
  const listing = await (await source(1)).listFiles('/in', ['z.csv'])
  expect(listing?.isWhole).toBe(false)
  expect(listing?.files.map(({ name }) => name)).toEqual(['a.csv', 'z.csv'])
  expect(asked[1]).toBe('HEAD /drop/in/z.csv')
})

it('reads the object with the tag of the listing, and no more bytes than were listed', async () => {
  const reader = await source()
  answers = [{ body: page(contents('in%2Fa.csv')) }, { body: 'id\n' }, { body: 'id\n1' }, { status: 412 }]
  const [file] = (await reader.listFiles('/in'))?.files ?? []
  if (file === undefined) throw new Error('nothing was listed')
  expect((await collect(reader.read(file))).toString()).toBe('id\n')
  expect(asked[1]).toBe('GET /drop/in/a.csv "e"')
  await expect(collect(reader.read(file))).rejects.toMatchObject({ code: 'FILE_CHANGED' })
  await expect(collect(reader.read(file))).rejects.toMatchObject({ code: 'FILE_CHANGED' })
  await expect(collect(reader.read({ ...file, bytes: 101 }))).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' })
})

it('says in the words of the store that it was refused', async () => {
  answers = [{ status: 403, body: '<Error><Message>Access Denied</Message></Error>' }]
  await expect((await source()).listFiles('/in')).rejects.toMatchObject({
    code: 'STORAGE_DENIED',
    message: 'cannot list in/ of s3://drop: HTTP 403, Access Denied',
  })
})

it('makes an object on the condition that there is none', async () => {
  const sink = openS3Sink(settings())
  answers = [{}, { status: 412 }, { status: 404 }, { body: page(contents('in%2Fa%2Fx.json')) }]
  expect(await sink.create('a/x.json', '1')).toBe(true)
  expect(await sink.create('a/x.json', '1')).toBe(false)
  expect(asked[0]).toBe('PUT /drop/in/a/x.json *')
  expect(await sink.get('a/y.json')).toBeNull()
  expect(await sink.list('a')).toEqual(['x.json'])
})
