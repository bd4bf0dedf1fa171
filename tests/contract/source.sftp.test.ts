import { afterAll, beforeAll, describe } from 'vitest'
import { makeKeyPair } from '../../cli/dev/sftp-keys.ts'
import { startSftpServer } from '../../cli/dev/sftp-server.ts'
import { hasOpenSsh, type OpenSsh, startOpenSsh } from '../support/openssh.ts'
import { testConnector } from '../support/sftp.ts'
import { createSourceFolder } from '../support/source-folder.ts'
import { testSource } from './source.ts'

const TIMEOUTS = { inactivityTimeout: 10_000, connectTimeout: 10_000 }

describe('SFTP source on the server of `daybreak dev sftp`', () => {
  const [hostKey, clientKey] = [makeKeyPair('host'), makeKeyPair('client')]

  testSource(async (settings) => {
    const folder = await createSourceFolder()
    const server = await startSftpServer({
      root: folder.root,
      port: 0,
      user: 'toast',
      hostKey: hostKey.privateKey,
      clientKey: clientKey.publicKey,
    })
    const login = {
      ...server,
      user: 'toast',
      hostKeys: [server.hostKeyFingerprint],
      privateKey: Buffer.from(clientKey.privateKey),
    }
    const { connector } = testConnector(login, { ...settings, ...TIMEOUTS })
    const rootedAt = (root: string) => testConnector(login, { ...settings, ...TIMEOUTS, root }).connector
    const close = async () => {
      await server.close()
      await folder.close()
    }
    return { ...folder, connector, rootedAt, at: (path) => path, close }
  })
})

describe.skipIf(!hasOpenSsh)(`SFTP source on OpenSSH${hasOpenSsh ? '' : ' (skipped: not present)'}`, () => {
  let server: OpenSsh
  beforeAll(async () => {
    server = await startOpenSsh()
  })
  afterAll(() => server.close())

  testSource(async (settings) => {
    const folder = await createSourceFolder()
    const login = { ...server, privateKey: server.ed25519 }
    const { connector } = testConnector(login, { ...settings, ...TIMEOUTS })
    const at = (path: string) => `${folder.root}${path === '/' ? '' : path}`
    const rootedAt = (path: string) => testConnector(login, { ...settings, ...TIMEOUTS, root: at(path) }).connector
    return { ...folder, connector, rootedAt, at }
  })
})
