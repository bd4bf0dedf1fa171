import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openS3Sink } from '../../functions/adapters/s3/sink.ts'
import { openS3Source } from '../../functions/adapters/s3/source.ts'
import { daybreak } from '../support/cli.ts'
import { findJudge, unless } from '../support/conformance/judge.ts'
import { freePort } from '../support/free-port.ts'
import { collect } from '../support/sftp.ts'
import { createTableProject, type TableProject } from '../support/table-project.ts'

// Serves until a file appears.
const SERVE = `import os, sys, time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(sys.argv[1]), verbose=False)
server.start()
while not os.path.exists(sys.argv[2]):
    time.sleep(0.1)
server.stop()
`

// boto3 is the client of Amazon: what it puts we read, and it reads what we put.
const CLIENT = `import sys, boto3
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret")
what, bucket = sys.argv[2:4]
if what == "bucket": s3.create_bucket(Bucket=bucket)
elif what == "put": s3.upload_file(sys.argv[5], bucket, sys.argv[4])
elif what == "get": s3.download_file(bucket, sys.argv[4], sys.argv[5])
elif what == "list": print("\\n".join(o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])))
elif what == "uploads": print(len(s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])))
`

const judge = await findJudge('s3')
const BUCKET = 'acme-drop'

describe.skipIf(judge.without !== null)(`a store that speaks S3, served by moto${unless(judge)}`, () => {
  let folder: string
  let endpoint: string
  let server: Promise<unknown>
  let project: TableProject

  async function client(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await judge.run('python', ['-c', CLIENT, endpoint, ...args])
    if (code !== 0) throw new Error(stderr)
    return stdout.trim()
  }

  async function put(key: string, content: string | Uint8Array): Promise<void> {
    const file = join(folder, 'object')
    await writeFile(file, content)
    await client('put', BUCKET, key, file)
  }

  const settings = () => ({
    bucket: BUCKET,
    region: 'us-east-1',
    endpoint,
    accessKeyId: 'id',
    secretAccessKey: 'secret',
  })
  const log = () => undefined

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-s3-'))
    const port = await freePort()
    endpoint = `http://127.0.0.1:${port}`
    server = judge.run('python', ['-c', SERVE, String(port), join(folder, 'stop')])
    for (let tries = 0; tries < 300; tries++) {
      if (
        await fetch(endpoint).then(
          () => true,
          () => false,
        )
      )
        break
      await wait(100)
    }
    await client('bucket', BUCKET)
    const keys = `endpoint: "${endpoint}", access_key_id: id, secret_access_key: secret://s3`
    project = await createTableProject({
      drop: `{ kind: s3, bucket: ${BUCKET}, ${keys} }`,
      out: `{ kind: s3, bucket: ${BUCKET}, ${keys}, root: /out }`,
    })
    await mkdir(join(project.folder, 'secrets'), { recursive: true })
    await writeFile(join(project.folder, 'secrets/s3'), 'secret\n')
  }, 120_000)

  afterAll(async () => {
    await writeFile(join(folder, 'stop'), '')
    await server
    await project?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  it('is read and written by a pipeline of tables, as its own client says', async () => {
    await put('prices/a b+ü.csv', 'sku,price\n1,1.50\n')
    await put('prices/c.csv.gz', gzipSync('sku,price\n2,\n'))
    await project.pipeline('prices', [
      ...['source: drop', 'destination: out', 'streams:'],
      '  prices: { from: prices/*, into: prices.csv, key: [sku], columns: { price: { type: numeric, precision: 9, scale: 2 } } }',
    ])
    const call = (...args: string[]) => daybreak(args, { cwd: project.folder, env: project.env })
    const { code, stderr } = await call('run', 'prices', '--output', 'json', '--quiet')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    await client('get', BUCKET, 'out/prices.csv', join(folder, 'got'))
    expect(await readFile(join(folder, 'got'), 'utf8')).toBe('sku,price\n1,1.50\n2,\n')
    expect(await client('list', BUCKET)).toContain('out/_daybreak/loads/prices/prices/000000001-')
    expect((await call('compare', 'prices', '--output', 'json')).code).toBe(0)
  }, 120_000)

  it('gives the object that was listed, or none', async () => {
    await put('days/a.csv', 'id\n1')
    await put('days/deep/b.csv', 'id\n2')
    const connector = openS3Source({ ...settings(), root: '/', maxFileBytes: 1_000, log })
    const source = await connector.connect()
    const listing = await source.listFiles('/days')
    expect(listing?.others).toEqual([{ name: 'deep', kind: 'folder' }])
    expect(await source.listFolders('/days')).toEqual(['deep'])
    expect(await source.listFiles('/none')).toBeNull()
    await expect(source.listFiles('/days/a.csv')).rejects.toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
    const [file] = listing?.files ?? []
    expect((await collect(source.read(file!))).toString()).toBe('id\n1')
    await put('days/a.csv', 'id\n2')
    await expect(collect(source.read(file!))).rejects.toMatchObject({ code: 'FILE_CHANGED' })
    const other = openS3Source({ ...settings(), bucket: 'no-such-bucket', root: '/', maxFileBytes: 1_000, log })
    await expect((await other.connect()).listFiles('/')).rejects.toMatchObject({ code: 'SOURCE_LISTING_FAILED' })
  }, 120_000)

  it('makes an object only if there is none, and a large one in parts', async () => {
    const sink = openS3Sink({ ...settings(), root: '/sink' })
    expect(await sink.create('a/x.json', '1')).toBe(true)
    expect(await sink.create('a/x.json', '2')).toBe(false)
    expect(await sink.get('a/x.json')).toBe('1')
    expect(await sink.get('a/y.json')).toBeNull()
    expect(await sink.list('a')).toEqual(['x.json'])
    const large = Buffer.alloc(70 * 1024 * 1024, 'daybreak')
    await writeFile(join(folder, 'large'), large)
    await sink.put('large', join(folder, 'large'))
    await client('get', BUCKET, 'sink/large', join(folder, 'got'))
    expect((await readFile(join(folder, 'got'))).equals(large)).toBe(true)
    expect(await client('uploads', BUCKET)).toBe('0')
  }, 120_000)
})
