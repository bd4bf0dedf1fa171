import { createServer, type Server } from 'node:net'
import type { AuthContext } from 'ssh2'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeKeyPair } from '../../cli/dev/sftp-keys.ts'
import type { SftpSettings } from '../../functions/adapters/sftp/config.ts'
import { type FaultScript, startFaultSftp } from '../support/fault-sftp.ts'
import { hasOpenSsh, type OpenSsh, startOpenSsh } from '../support/openssh.ts'
import { testConnector } from '../support/sftp.ts'

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
const PATIENT = { connectTimeout: 15_000, inactivityTimeout: 10_000 }

describe('a login', () => {
  const connectTo = async (
    login: (attempt: AuthContext) => void,
    settings: Partial<SftpSettings>,
    more: FaultScript = {},
  ) => {
    const server = closeLater(await startFaultSftp({ login, ...more }))
    return testConnector(server, { ...PATIENT, attempts: 5, ...settings }).connector.connect()
  }
  /** Takes these methods one after the other; the password is `right`. */
  const inOrder = (...methods: ('publickey' | 'password' | 'keyboard-interactive')[]) => {
    const left = [...methods]
    return (attempt: AuthContext) => {
      const pass = () => {
        left.shift()
        if (left[0]) attempt.reject([left[0]], true)
        else attempt.accept()
      }
      if (attempt.method !== left[0]) return attempt.reject(left.slice(0, 1))
      if (attempt.method === 'publickey') return attempt.signature ? pass() : attempt.accept()
      if (attempt.method === 'password') return attempt.password === 'right' ? pass() : attempt.reject(['password'])
      if (attempt.method !== 'keyboard-interactive') return
      attempt.prompt([{ prompt: 'Password: ', echo: false }], (answers) =>
        answers[0] === 'right' ? pass() : attempt.reject(['keyboard-interactive']),
      )
    }
  }

  it.each([
    ['the key', ['publickey']],
    ['a password', ['password']],
    ['the answer to its question', ['keyboard-interactive']],
    ['the key and a password', ['publickey', 'password']],
    ['the key and the answer to its question', ['publickey', 'keyboard-interactive']],
    ['a password and then the key', ['password', 'publickey']],
  ] as const)('gives a server that wants %s what it wants', async (_, methods) => {
    await (await connectTo(inOrder(...methods), { password: 'right' })).close()
  })

  it('works without a key', async () => {
    await (await connectTo(inOrder('password'), { password: 'right', privateKey: undefined })).close()
  })

  it.each<[string, Parameters<typeof connectTo>[0], Partial<SftpSettings>, RegExp]>([
    [
      'the key is taken and a password is missing',
      inOrder('publickey', 'password'),
      {},
      /accepted the key, still wants password/,
    ],
    ['only passwords are taken', inOrder('password'), {}, /refused the key, takes password/],
    [
      'the password is wrong',
      inOrder('password'),
      { password: 'wrong' },
      /refused the key and the password, takes password/,
    ],
    [
      'the key is taken and the password is wrong',
      inOrder('publickey', 'password'),
      { password: 'wrong' },
      /refused the password, accepted the key, still wants password/,
    ],
    [
      'a code is asked for',
      (attempt) => {
        if (attempt.method !== 'keyboard-interactive') return attempt.reject(['keyboard-interactive'])
        attempt.prompt([{ prompt: 'Verification\u0007 code: ', echo: true }], () =>
          attempt.reject(['keyboard-interactive']),
        )
      },
      { password: 'right' },
      /asked "Verification\\u0007 code: ", which cannot be answered/,
    ],
  ])('fails once and says what the server wants when %s', async (_, login, settings, expected) => {
    const error = await failure(connectTo(login, settings))
    expect(error).toMatchObject({ code: 'SOURCE_AUTH_FAILED', message: expect.stringMatching(expected) })
    expect(String(error)).not.toMatch(/right|wrong/)
  })

  it('quotes what the server says about a refused login', async () => {
    const error = await failure(
      connectTo((attempt) => attempt.reject(['publickey']), {}, { banner: 'Account\u202e expired.\r\n' }),
    )
    expect(String(error)).toContain('it says "Account\\u{202e} expired."')
  })
})

describe('an address at which no SSH server answers', () => {
  /** Says this to each client that connects, at once or after the first bytes. */
  const speak = async (text: string | Buffer, at: 'once' | 'after' = 'once') => {
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined).resume()
      if (at === 'once') socket.end(text)
      else socket.once('data', () => socket.end(text))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => server.close(resolve)))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const login = { host: '127.0.0.1', port, user: 'toast', hostKeys: [`SHA256:${'A'.repeat(43)}`] }
    const privateKey = Buffer.from(makeKeyPair('k').privateKey)
    return failure(testConnector({ ...login, privateKey }, { ...PATIENT, attempts: 3 }).connector.connect())
  }

  it.each<[string, string | Buffer, 'once' | 'after', RegExp]>([
    [
      'an HTTP server',
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      'after',
      /HTTP server or proxy answers; it begins with "HTTP\/1.1 400 Bad Request/,
    ],
    ['a proxy', 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 'once', /HTTP server or proxy/],
    ['a TLS server', Buffer.from([0x15, 3, 1, 0, 2, 2, 70]), 'after', /a TLS server answers/],
    ['an FTP server', '220 (vsFTPd 3.0.5)\r\n', 'once', /an FTP server answers/],
    ['a mail server', '220 mx.example.com ESMTP\r\n', 'once', /FTP or mail server/],
    ['a Telnet server', Buffer.from([0xff, 0xfd, 0x18]), 'once', /Telnet/],
    [
      'a database',
      '\u0000\u0000mysql_native\u0007',
      'once',
      /something else answers; it begins with "\\u0000\\u0000mysql/,
    ],
    ['an old SSH server', 'SSH-1.5-old\r\n', 'once', /only version 1 of SSH/],
  ])('is named: %s', async (_, text, at, expected) => {
    expect(await speak(text, at)).toMatchObject({ code: 'SOURCE_NOT_SFTP', message: expect.stringMatching(expected) })
  })

  it.each(['Exceeded MaxStartups\r\n', 'Not allowed at this time\r\n', ''])(
    'is out of reach for now when it says %j',
    async (text) => {
      expect(await speak(text)).toMatchObject({ code: 'SOURCE_UNREACHABLE' })
    },
  )
})

describe.skipIf(!hasOpenSsh)(`OpenSSH${hasOpenSsh ? '' : ' (skipped: not present)'}`, () => {
  const connect = async (server: OpenSsh, settings: Partial<SftpSettings> = {}) => {
    const { connector } = testConnector({ ...server, privateKey: server.ed25519 }, { ...PATIENT, ...settings })
    return await (await connector.connect()).close()
  }
  let whole: OpenSsh
  beforeAll(async () => {
    whole = await startOpenSsh({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] })
  })
  afterAll(() => whole.close())

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)(
    'is recognised by its %s host key, among any others and in any order',
    async (type) => {
      const { fingerprint, publicKey } = whole.known[type]
      await connect(whole, { hostKeys: [fingerprint] })
      await connect(whole, { hostKeys: [publicKey] })
      await connect(whole, { hostKeys: [`[127.0.0.1]:${whole.port} ${publicKey}`] })
    },
  )

  it('asks for other keys once, and remembers which type was pinned', async () => {
    const own = closeLater(await startOpenSsh({ hostKeys: ['ed25519', 'rsa'] }))
    const { connector } = testConnector(
      { ...own, hostKeys: [own.known.rsa.fingerprint], privateKey: own.ed25519 },
      PATIENT,
    )
    for (const connections of [2, 3]) {
      await (await connector.connect()).close()
      expect(own.log().match(/Connection from/g)).toHaveLength(connections)
    }
  })

  it('is recognised when it drops one of two pinned keys, and not by another key of a pinned type', async () => {
    const rsaOnly = closeLater(await startOpenSsh({ hostKeys: ['rsa'] }))
    await connect(rsaOnly, { hostKeys: [rsaOnly.known.ed25519.fingerprint, rsaOnly.known.rsa.fingerprint] })
    const stranger = makeKeyPair('stranger').publicKey
    expect(await failure(connect(whole, { hostKeys: [stranger] }))).toMatchObject({ code: 'SOURCE_HOST_KEY_MISMATCH' })
    const error = await failure(connect(whole, { hostKeys: [`SHA256:${'A'.repeat(43)}`] }))
    expect(error).toMatchObject({ code: 'SOURCE_HOST_KEY_MISMATCH' })
    for (const { fingerprint } of Object.values(whole.known)) expect(String(error)).toContain(fingerprint)
  })

  it('says that the key was accepted when it wants a password as well', async () => {
    const both = closeLater(
      await startOpenSsh({
        config: ['PasswordAuthentication yes', 'PermitRootLogin yes', 'AuthenticationMethods publickey,password'],
      }),
    )
    expect(await failure(connect(both))).toMatchObject({
      code: 'SOURCE_AUTH_FAILED',
      message: expect.stringContaining('accepted the key, still wants password'),
    })
  })

  it.each<[string, string | null, RegExp]>([
    ['a greeting before the session', 'echo "Welcome to the gateway"; exec sleep 9', /"Welcome to the gateway\\n"/],
    ['a shell without logins', 'echo "This account is currently not available."', /not available/],
    ['a greeting of one empty line', 'echo; exec sleep 9', /"\\n"/],
    ['no session at all', null, /subsystem sftp is disabled/],
    ['a session that ends at once', 'false', /does not speak SFTP|worked, but/],
  ])('names what it sends instead of SFTP: %s', async (_, sftp, expected) => {
    const odd = closeLater(await startOpenSsh({ sftp }))
    expect(await failure(connect(odd))).toMatchObject({
      code: 'SOURCE_NOT_SFTP',
      message: expect.stringMatching(expected),
    })
  })
})
