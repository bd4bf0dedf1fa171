import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeKeyPair } from '../../cli/dev/sftp-keys.ts'
import { startSftpServer } from '../../cli/dev/sftp-server.ts'
import { createSftpServers } from '../../functions/adapters/sftp/servers.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { type FaultScript, startFaultSftp } from '../support/fault-sftp.ts'
import { hasOpenSsh, type OpenSsh, startOpenSsh } from '../support/openssh.ts'
import { testConnector } from '../support/sftp.ts'
import { createSourceFolder } from '../support/source-folder.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
function closeLater<Thing extends { close(): Promise<unknown> }>(thing: Thing): Thing {
  closing.push(() => thing.close())
  return thing
}
const faultServer = async (script: FaultScript = {}) => closeLater(await startFaultSftp(script))
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error,
  )

it('fault 1: a refused connection is tried again with growing, jittered pauses, then given up', async () => {
  const server = await faultServer()
  await server.close()
  const { connector, pauses, logs } = testConnector(server, { attempts: 4 })

  expect(await failure(connector.connect())).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  expect(pauses).toEqual([375, 750, 1_500])
  expect(logs.map(({ code }) => code)).toEqual(Array(3).fill('SOURCE_UNREACHABLE'))
})

it('fault 1: a name that does not resolve is unreachable', async () => {
  const { connector } = testConnector({ ...(await faultServer()), host: 'no-such-host.invalid' })

  expect(await failure(connector.connect())).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
})

it('fault 1: a server that comes back between two attempts is reached', async () => {
  const server = await faultServer()
  const proxy = closeLater(await startFaultProxy(server, (nth) => (nth <= 2 ? { resetAfter: 10 } : {})))
  const { connector, pauses } = testConnector({ ...server, port: proxy.port }, { attempts: 3 })

  await (await connector.connect()).close()
  expect(pauses).toEqual([375, 750])
})

it('fault 2: a server that accepts and says nothing is given up after the timeout', async () => {
  const server = await faultServer()
  const proxy = closeLater(await startFaultProxy(server, () => ({ blackHole: true })))
  const { connector } = testConnector({ ...server, port: proxy.port }, { connectTimeout: 200, attempts: 2 })

  expect(await failure(connector.connect())).toMatchObject({
    code: 'SOURCE_UNREACHABLE',
    message: expect.stringContaining('not ready within 200 ms'),
  })
  expect(proxy.connections).toBe(2)
})

it('fault 3: a handshake that stops after the banner is given up after the timeout', async () => {
  const banner = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .write('SSH-2.0-Silent\r\n'),
  )
  await new Promise<void>((resolve) => banner.listen(0, '127.0.0.1', resolve))
  const address = banner.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const { connector } = testConnector({ ...(await faultServer()), port }, { connectTimeout: 200 })

  expect(await failure(connector.connect())).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  await new Promise((resolve) => banner.close(resolve))
})

it('fault 3: a login that works, without an SFTP subsystem that answers, is given up after the timeout', async () => {
  const server = await faultServer({ silentSubsystem: true })
  const { connector } = testConnector(server, { connectTimeout: 300 })

  expect(await failure(connector.connect())).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  expect(server.seen.logins).toBeGreaterThan(0)
})

it('fault 4: another host key is fatal: no retry, and no login is tried', async () => {
  const [server, other] = [await faultServer(), await faultServer()]
  const { connector, pauses } = testConnector({ ...server, hostKeys: other.hostKeys }, { attempts: 5 })

  const error = await failure(connector.connect())
  expect(error).toMatchObject({ code: 'SOURCE_HOST_KEY_MISMATCH' })
  expect(String(error)).toContain(server.hostKeys[0])
  expect(String(error)).toContain(other.hostKeys[0])
  expect(server.seen).toMatchObject({ connections: 1, logins: 0 })
  expect(pauses).toEqual([])
})

it('fault 4: during a rotation either of two pinned host keys is accepted, with or without padding', async () => {
  const [server, other] = [await faultServer(), await faultServer()]
  const hostKeys = [other.hostKeys[0]!, `${server.hostKeys[0]}=`]

  await (await testConnector({ ...server, hostKeys }).connector.connect()).close()
})

it('fault 5: a refused key is fatal and tried once', async () => {
  const server = await faultServer({ mayLogIn: false })
  const { connector } = testConnector(server, { attempts: 5 })

  expect(await failure(connector.connect())).toMatchObject({ code: 'SOURCE_AUTH_FAILED' })
  expect(server.seen).toMatchObject({ connections: 1, logins: 1 })
})

describe('fault 5: while a key is rotated', () => {
  const [older, newer, stranger] = ['older', 'newer', 'stranger'].map((name) => makeKeyPair(name))
  const key = (pair: typeof older) => Buffer.from(pair!.privateKey)
  const serverThatKnows = async (pair: typeof older) => {
    const folder = await createSourceFolder()
    closing.push(() => folder.close())
    const options = { root: folder.root, port: 0, user: 'toast', hostKey: makeKeyPair('host').privateKey }
    const server = closeLater(await startSftpServer({ ...options, clientKey: pair!.publicKey }))
    return { ...server, user: 'toast', hostKeys: [server.hostKeyFingerprint] }
  }

  it.each([
    ['the old key', older],
    ['the new key', newer],
  ])('a server that knows only %s lets us in, with two keys on one connection', async (_, known) => {
    const server = await serverThatKnows(known)
    const { connector, logs } = testConnector({ ...server, privateKey: key(newer) }, { previousKey: key(older) })
    const source = await connector.connect()
    expect(await source.listFolders('/')).toEqual([])
    await source.close()
    expect(logs).toEqual([])
  })

  it('a server that knows neither refuses us once', async () => {
    const server = await serverThatKnows(stranger)
    const both = { previousKey: key(older), attempts: 5 }
    const { connector, pauses } = testConnector({ ...server, privateKey: key(newer) }, both)
    expect(await failure(connector.connect())).toMatchObject({ code: 'SOURCE_AUTH_FAILED' })
    expect(pauses).toEqual([])
  })

  it('an old key that cannot be read any more does not matter', async () => {
    const server = await serverThatKnows(newer)
    const { connector } = testConnector({ ...server, privateKey: key(newer) }, { previousKey: Buffer.from('no key') })
    await (await connector.connect()).close()
  })
})

it('fault 5: bytes that are no private key are an error of the secret, and not quoted', async () => {
  const server = await faultServer()
  const { connector } = testConnector({ ...server, privateKey: Buffer.from('hunter2 is not a key') }, { attempts: 5 })

  const error = await failure(connector.connect())
  expect(error).toMatchObject({ code: 'SECRET_INVALID' })
  expect(String(error)).not.toContain('hunter2')
  expect(server.seen.connections).toBe(0)
})

it('fault 6: a server that offers only SHA-1 is refused, and what it offered is named', async () => {
  const kex = ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'] as const
  const server = await faultServer({ algorithms: { kex: [...kex] } })
  const { connector } = testConnector(server, { attempts: 5 })

  const error = await failure(connector.connect())
  expect(error).toMatchObject({ code: 'SOURCE_ALGORITHMS' })
  expect(String(error)).toContain('diffie-hellman-group14-sha1')
  expect(server.seen).toMatchObject({ connections: 1, logins: 0 })
})

it('fault 7: a server that allows fewer connections than configured is used with as many as it allows', async () => {
  const server = await faultServer({ maxConnections: 2, folders: { '/': [] } })
  const { connector, logs } = testConnector(server, { connections: 4, attempts: 5 })
  const first = await connector.connect()
  const second = await connector.connect()

  const work = Array.from({ length: 6 }, async () => {
    const source = await connector.connect()
    const names = await source.listFolders('/')
    await source.close()
    return names
  })
  await wait(50)
  await first.close()
  await second.close()

  expect(await Promise.all(work)).toEqual(Array(6).fill([]))
  expect(server.seen.mostOpen).toBe(2)
  expect(logs.some(({ message }) => message.includes('refused one more connection than 2'))).toBe(true)
})

it('never opens more connections to one server than configured, over all its connectors', async () => {
  const server = await faultServer({ folders: { '/': [] } })
  const servers = createSftpServers()
  const connectors = [1, 2, 3].map(() => testConnector(server, { connections: 2, servers }).connector)

  await Promise.all(
    [...connectors, ...connectors, ...connectors].map(async (connector) => {
      const source = await connector.connect()
      await source.listFolders('/')
      await source.close()
    }),
  )
  expect(server.seen).toMatchObject({ connections: 9, mostOpen: 2 })
})

it('waits for a free connection no longer than the signal lets it', async () => {
  const server = await faultServer()
  const { connector } = testConnector(server, { connections: 1 })
  const only = await connector.connect()

  expect(await failure(connector.connect(AbortSignal.timeout(50)))).toMatchObject({ code: 'CANCELLED' })
  await only.close()
  await (await connector.connect()).close()
})

it('leaves a server alone after five failures in a row, and tries it again after a pause', async () => {
  const server = await faultServer()
  const proxy = closeLater(await startFaultProxy(server, (nth) => (nth <= 5 ? { resetAfter: 10 } : {})))
  const servers = createSftpServers({ failures: 5, openFor: 200 })
  const { connector } = testConnector({ ...server, port: proxy.port }, { attempts: 5, servers })

  expect(await failure(connector.connect())).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  const error = await failure(connector.connect())
  expect(error).toMatchObject({ code: 'SOURCE_CIRCUIT_OPEN', retryable: true })
  expect(String(error)).toContain('cannot connect to')
  expect(proxy.connections).toBe(5)

  await wait(220)
  await (await connector.connect()).close()
  expect(proxy.connections).toBe(6)
})

it('a key that is refused opens no circuit: the next attempt says the same', async () => {
  const server = await faultServer({ mayLogIn: false })
  const { connector } = testConnector(server, { servers: createSftpServers({ failures: 1 }) })

  for (const _ of [1, 2]) expect(await failure(connector.connect())).toMatchObject({ code: 'SOURCE_AUTH_FAILED' })
})

it('is cancelled while it connects', async () => {
  const server = await faultServer()
  const proxy = closeLater(await startFaultProxy(server, () => ({ blackHole: true })))
  const { connector } = testConnector({ ...server, port: proxy.port }, { attempts: 5 })

  expect(await failure(connector.connect(AbortSignal.timeout(50)))).toMatchObject({ code: 'CANCELLED' })
  expect(proxy.connections).toBe(1)
})

it('a connection that breaks while idle fails the next call, and nothing else', async () => {
  const server = await faultServer({ folders: { '/': [] } })
  const source = await testConnector(server).connector.connect()
  server.cutAll()
  await wait(50)

  expect(await failure(source.listFolders('/'))).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  await source.close()
})

describe.skipIf(!hasOpenSsh)(`OpenSSH${hasOpenSsh ? '' : ' (skipped: not present)'}`, () => {
  let server: OpenSsh
  beforeAll(async () => {
    server = await startOpenSsh()
  })
  afterAll(() => server.close())

  it('takes ed25519, and RSA with a passphrase', async () => {
    await (await testConnector({ ...server, privateKey: server.ed25519 }).connector.connect()).close()
    const rsa = testConnector({ ...server, privateKey: server.rsa }, { passphrase: server.passphrase })
    await (await rsa.connector.connect()).close()

    expect(server.log()).toMatch(/Accepted publickey for \S+ from 127.0.0.1 port \d+ ssh2: ED25519/)
    expect(server.log()).toMatch(/Accepted publickey for \S+ from 127.0.0.1 port \d+ ssh2: RSA/)
  })

  it('fault 4: sees no login when it shows a host key that is not pinned', async () => {
    const own = closeLater(await startOpenSsh())
    const { connector } = testConnector(
      { ...own, hostKeys: [`SHA256:${'A'.repeat(43)}`], privateKey: own.ed25519 },
      { attempts: 5 },
    )

    expect(await failure(connector.connect())).toMatchObject({ code: 'SOURCE_HOST_KEY_MISMATCH' })
    await wait(50)
    // One for each of its two host keys.
    expect(own.log().match(/Connection from/g)).toHaveLength(2)
    expect(own.log()).not.toMatch(/publickey/)
  })

  it('fault 5: refuses a key it does not know, and the messages hold no secret', async () => {
    const stranger = makeKeyPair('stranger')
    const { connector, logs } = testConnector(
      { ...server, privateKey: Buffer.from(stranger.privateKey) },
      { attempts: 3 },
    )
    const error = await failure(connector.connect())
    expect(error).toMatchObject({ code: 'SOURCE_AUTH_FAILED' })

    const wrong = testConnector({ ...server, privateKey: server.rsa }, { passphrase: 'battery staple' })
    const locked = await failure(wrong.connector.connect())
    expect(locked).toMatchObject({ code: 'SECRET_INVALID' })

    const told = [error, locked, ...[...logs, ...wrong.logs].map(({ message }) => message)].map(String).join('\n')
    expect(told).not.toMatch(/battery|staple|BEGIN|PRIVATE/)
    expect(told).not.toContain(stranger.privateKey.split('\n')[1])
  })

  it.each([
    ['KexAlgorithms diffie-hellman-group14-sha1', 'diffie-hellman-group14-sha1'],
    ['HostKeyAlgorithms ssh-rsa', 'ssh-rsa'],
    ['MACs hmac-sha1,hmac-sha1-etm@openssh.com;Ciphers aes128-ctr', 'hmac-sha1'],
  ] as const)('fault 6: with only SHA-1 (%s) it is refused by name', async (config, named) => {
    const old = closeLater(await startOpenSsh({ config: config.split(';') }))
    const { connector } = testConnector({ ...old, privateKey: old.ed25519 }, { attempts: 5 })

    const error = await failure(connector.connect())
    expect(error).toMatchObject({ code: 'SOURCE_ALGORITHMS' })
    expect(String(error)).toContain(named)
    expect(old.log()).not.toMatch(/Accepted/)
    expect(old.log().match(/Connection from/g)).toHaveLength(1)
  })
})
