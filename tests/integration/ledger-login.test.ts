import { createServer, type Server } from 'node:http'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCloudSqlTokens } from '../../functions/adapters/google-auth/token.ts'
import type { PostgresSettings } from '../../functions/adapters/postgres/config.ts'
import { openPostgresLedger } from '../../functions/adapters/postgres/ledger.ts'
import type { Ledger } from '../../functions/pipeline/ports.ts'
import { aSlice } from '../support/ledger-rows.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'

// A real server that takes a token as a password, and a metadata server on this machine that hands tokens out, as the one
// of Cloud Run does; `google-auth-library` in between is the real one.
const USER = 'daybreak-worker@acme-daybreak.iam'

describe.skipIf(!hasPostgres)(hasPostgres ? 'logging in to the ledger in PostgreSQL' : NO_POSTGRES, () => {
  let server: Postgres
  let metadata: Server
  let asked: string[]
  /** Answer of the metadata server; null breaks it. */
  let token: { readonly text: string; readonly seconds: number } | null
  const env = { ...process.env }
  beforeAll(async () => {
    server = await startPostgres({
      tls: 'IP:127.0.0.1',
      access: [`host all "${USER}" 127.0.0.1/32 password`, 'hostnossl all all all reject'],
    })
    await server.sql(`create role "${USER}" login; create schema "${USER}" authorization "${USER}"`)
    metadata = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.setHeader('Metadata-Flavor', 'Google')
      if (token === null) return response.writeHead(404).end('no account')
      const { text, seconds } = token
      if (!request.url?.includes('/token')) return response.end('ok')
      return response.end(JSON.stringify({ access_token: text, expires_in: seconds, token_type: 'Bearer' }))
    })
    await new Promise<void>((resolve) => metadata.listen(0, '127.0.0.1', resolve))
    const address = metadata.address()
    const port = typeof address === 'object' && address ? address.port : 0
    delete process.env['GOOGLE_APPLICATION_CREDENTIALS']
    Object.assign(process.env, {
      GCE_METADATA_HOST: `127.0.0.1:${port}`,
      METADATA_SERVER_DETECTION: 'assume-present',
      CLOUDSDK_CONFIG: '/nowhere',
      HOME: '/nowhere',
    })
  })
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
    Object.assign(process.env, env)
    await server.close()
    await new Promise((resolve) => metadata.close(resolve))
  })

  let settings: PostgresSettings
  beforeEach(async () => {
    asked = []
    const { host, port, database, tls } = await server.createLogin()
    const password = createCloudSqlTokens()
    settings = { host, port, database, tls, user: USER, connections: 3, password, connectTimeout: 60_000 }
  })
  const give = async (text: string, seconds: number) => {
    token = { text, seconds }
    await server.sql(`alter role "${USER}" password '${text}'`)
  }
  const write = (ledger: Ledger, location: string) =>
    ledger.apply([{ change: 'slice', slice: aSlice({ shard: location }) }])
  const open = () => openPostgresLedger({ ...settings, log: () => undefined })

  it('by IAM asks for a token that may log in and nothing else, once for as long as it lives', async () => {
    await give('ya29.first', 3600)
    const ledger = await open()
    await Promise.all(['1', '2', '3', '4', '5', '6'].map((location) => write(ledger, location)))
    await ledger.close()
    const tokens = asked.filter((url) => url.includes('/token'))
    expect(tokens).toHaveLength(1)
    expect(decodeURIComponent(tokens[0] ?? '')).toMatch(
      /\?scopes=https:\/\/www\.googleapis\.com\/auth\/sqlservice\.login$/,
    )
  })

  it('by IAM logs in anew with the next token when the last one has ended, while the pool stays open', async () => {
    await give('ya29.second', 1)
    const ledger = await open()
    await write(ledger, 'second')
    await give('ya29.third', 3600)
    await server.sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${USER}'`)
    await expect
      .poll(() =>
        write(ledger, 'third').then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
    await ledger.close()
  })

  it('by IAM says LEDGER_FAILED, and nothing of the token, when the server refuses it', async () => {
    await give('ya29.real', 3600)
    token = { text: 'ya29.stale', seconds: 3600 }
    const error: unknown = await open().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'LEDGER_FAILED', message: expect.stringContaining('authentication failed') })
    expect(JSON.stringify(error) + String(error)).not.toContain('ya29')
  })

  it('by IAM says LEDGER_FAILED when the process has no account', async () => {
    token = null
    await expect(open()).rejects.toMatchObject({
      code: 'LEDGER_FAILED',
      message: expect.stringContaining('no access token'),
    })
  })

  const openOverTls = async (more: Partial<PostgresSettings>) => {
    const settings = { ...(await server.createLogin()), ...more }
    const ledger = await openPostgresLedger({ ...settings, log: () => undefined })
    const ciphers = await server.sql(`select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid)
      where usename = '${settings.user}'`)
    await ledger.close()
    return ciphers
  }

  it('over TLS refuses a certificate that this machine does not trust, and one for another name, and takes the right one', async () => {
    const untrusted = { code: 'LEDGER_FAILED', message: expect.stringContaining('self-signed certificate') }
    await expect(openOverTls({ tls: 'verify' })).rejects.toMatchObject(untrusted)
    const before = getCACertificates('default')
    setDefaultCACertificates([...before, server.certificate])
    try {
      expect(await openOverTls({ tls: 'verify' })).toEqual([{ ssl: true }])
      const stranger = { code: 'LEDGER_FAILED', message: expect.stringContaining('altnames') }
      await expect(openOverTls({ tls: 'verify', host: 'localhost' })).rejects.toMatchObject(stranger)
    } finally {
      setDefaultCACertificates(before)
    }
    const unencrypted = { code: 'LEDGER_FAILED', message: expect.stringContaining('no encryption') }
    await expect(openOverTls({ tls: 'off' })).rejects.toMatchObject(unencrypted)
  })
})
