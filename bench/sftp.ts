import { closeSync, mkdtempSync, openSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SftpClient from 'ssh2-sftp-client'
import { type FaultProxy, startFaultProxy } from '../tests/support/fault-proxy.ts'
import { hasOpenSsh, type OpenSsh, startOpenSsh } from '../tests/support/openssh.ts'
import { testConnector } from '../tests/support/sftp.ts'

const MB = 1_000_000
const PATIENCE = { connectTimeout: 30_000, inactivityTimeout: 30_000 }

/** One way to download a file, and what came of it. */
interface Download {
  readonly network: string
  readonly reader: string
  readonly megabytes: number
  readonly megabytesPerSecond: number
  /** Growth of the resident memory while reading, in MiB. */
  readonly memoryGrowth: number
}

type Reader = (server: OpenSsh, port: number, path: string) => AsyncIterable<Uint8Array>

/** Reads as the connector does: several requests under way at any time. */
async function* pipelined(server: OpenSsh, port: number, path: string): AsyncGenerator<Uint8Array> {
  const { connector } = testConnector(
    { ...server, port, privateKey: server.ed25519 },
    { ...PATIENCE, maxFileBytes: 4e9 },
  )
  const source = await connector.connect()
  const [file] = (await source.listFiles(path))?.files ?? []
  if (file) yield* source.read(file)
  await source.close()
}

/** ssh2's own stream: one request at a time. */
function oneAtATime(noDelay: boolean): Reader {
  return async function* (server, port, path) {
    const client = new SftpClient('bench', {})
    await client.connect({ host: server.host, port, username: server.user, privateKey: Buffer.from(server.ed25519) })
    if (noDelay) Reflect.get(client, 'client').setNoDelay(true)
    const stream = client.createReadStream(join(path, 'file'), { highWaterMark: 262_144 })
    // ssh2 reports the end of the connection as an error of a stream that has ended before.
    stream.on('error', () => undefined)
    for await (const chunk of stream) yield chunk
    await client.end()
  }
}

/** Downloads over loopback OpenSSH, directly and with 30 ms of round trip; MB are 10^6 bytes. */
async function benchSftp(): Promise<readonly Download[]> {
  const server = await startOpenSsh()
  const far = await startFaultProxy(server, () => ({ latency: 15 }))
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-bench-'))
  const file = join(folder, 'file')
  closeSync(openSync(file, 'w'))
  try {
    const downloads: Download[] = []
    for (const [network, port, reader, read, megabytes] of plan(server, far)) {
      truncateSync(file, megabytes * MB)
      downloads.push({ network, reader, megabytes, ...(await measure(read(server, port, folder))) })
    }
    return downloads
  } finally {
    await far.close()
    await server.close()
    rmSync(folder, { recursive: true })
  }
}

function plan(server: OpenSsh, far: FaultProxy): readonly (readonly [string, number, string, Reader, number])[] {
  return [
    ['loopback', server.port, 'one request at a time, with delay', oneAtATime(false), 10],
    ['loopback', server.port, 'one request at a time', oneAtATime(true), 200],
    ['loopback', server.port, 'Daybreak', pipelined, 200],
    ['30 ms', far.port, 'one request at a time', oneAtATime(true), 20],
    ['30 ms', far.port, 'Daybreak', pipelined, 20],
    ['loopback', server.port, 'Daybreak', pipelined, 1_000],
  ]
}

async function measure(
  chunks: AsyncIterable<Uint8Array>,
): Promise<Pick<Download, 'megabytesPerSecond' | 'memoryGrowth'>> {
  const before = process.memoryUsage.rss()
  const started = performance.now()
  let most = before
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    most = Math.max(most, process.memoryUsage.rss())
  }
  const seconds = (performance.now() - started) / 1_000
  return { megabytesPerSecond: bytes / MB / seconds, memoryGrowth: (most - before) / 2 ** 20 }
}

if (import.meta.main) {
  if (!hasOpenSsh) console.log('skipped: not present: sshd')
  else console.table(await benchSftp())
}
