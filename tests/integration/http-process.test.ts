import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSqliteLedger } from '../../functions/adapters/sqlite/ledger.ts'
import { type IdentityServer, startIdentityServer } from '../emulators/identity/server.ts'
import { withProject } from '../support/project-on-disk.ts'
import { envelope, post } from '../support/pushes.ts'
import { peakMemory, type ServingProcess, startServing } from '../support/serving.ts'

const AUDIENCE = 'https://daybreak.example'
const PUSH = 'push@test-project.iam.gserviceaccount.com'
const OPEN = { DAYBREAK_OPEN_TO_THIS_MACHINE: '1' }

let identity: IdentityServer
beforeAll(async () => {
  identity = await startIdentityServer()
})
afterAll(() => identity.close())

/** An environment that wants tokens and has adapters of this machine. */
const tokens = (): string => `version: 1
environment: tokens
sources:
  toast: { kind: folder, root: inbox }
objects: { kind: folder, root: "\${DAYBREAK_HOME}/objects" }
warehouse: { kind: duckdb, path: "\${DAYBREAK_HOME}/warehouse.duckdb" }
ledger: { kind: sqlite, path: "\${DAYBREAK_HOME}/ledger.sqlite" }
privacy: { hash_key: ./hash_key }
google: { project: test-project, region: us-central1, endpoints: { identity: "${identity.issuer}" } }
http: { audience: "${AUDIENCE}", push_accounts: [${PUSH}], drain: 2s, gather: 20s }
`

async function serving<Result>(
  work: (process: ServingProcess, projectDir: string) => Promise<Result>,
  env: Record<string, string> = OPEN,
  more: Record<string, string> = {},
): Promise<Result> {
  const changes = {
    'config/environments/tokens.yaml': tokens(),
    ...more,
    hash_key: 'a planted secret key of 32 bytes or more',
  }
  return await withProject(async (projectDir) => {
    const process = await startServing(projectDir, env)
    try {
      return await work(process, projectDir)
    } finally {
      process.kill('SIGKILL')
      await process.ended
    }
  }, changes)
}

describe('a service with `auth`', () => {
  it('answers the API to proven callers and the pages to all, and goes on with its work', async () => {
    const auth = `auth: { kind: oidc, issuer: "${identity.issuer}", keys: "${identity.jwksUrl}", audience: daybreak }\n`
    const notify = 'version: 1\npeople: { ana: { name: Ana, zone: UTC, email: ana@example.com, role: admin } }\n'
    const changes = { 'config/environments/tokens.yaml': `${tokens()}${auth}`, 'config/notify.yaml': notify }
    await serving(
      async ({ port }) => {
        const ask = async (path: string, claims: Readonly<Record<string, unknown>> | null = null) => {
          const headers = claims ? { authorization: `Bearer ${identity.token({ aud: 'daybreak', ...claims })}` } : {}
          const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
          return {
            status: answer.status,
            text: await answer.text(),
            policy: answer.headers.get('content-security-policy'),
          }
        }
        expect((await ask('/health')).status).toBe(200)
        expect((await ask('/api/me')).status).toBe(401)
        expect((await ask('/api/runs')).status).toBe(401)
        expect((await ask('/api/runs', { email: 'eve@evil.example' })).status).toBe(403)
        expect(JSON.parse((await ask('/api/runs', { email: 'ana@example.com' })).text)).toMatchObject({ runs: [] })
        expect(JSON.parse((await ask('/.well-known/jwks.json')).text)).toEqual({ keys: [] })
        expect((await ask('/')).policy).toContain("default-src 'none'")
        const push = identity.token({ aud: AUDIENCE, email: PUSH })
        expect(
          (await post({ port }, '/ingest', envelope({ messageId: 'm' }), { authorization: `Bearer ${push}` })).status,
        ).toBe(204)
      },
      { DAYBREAK_ENV: 'tokens' },
      changes,
    )
  })
})

/** Headers of a program of this machine: the token that the process made. */
async function ownHeaders(projectDir: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${(await readFile(join(projectDir, '.daybreak/token'), 'utf8')).trim()}` }
}

/** Sends so many bytes in pieces; the status, or `cut` when the connection ended before an answer. */
function send(port: number, path: string, { bytes, announced }: { bytes: number; announced: boolean }) {
  return new Promise<number | 'cut'>((resolve) => {
    const headers = announced ? { 'content-length': bytes } : { 'transfer-encoding': 'chunked' }
    const sent = request({ port, path, method: 'POST', headers: { 'content-type': 'application/json', ...headers } })
    let status: number | 'cut' = 'cut'
    sent.on('response', (answer) => {
      status = answer.statusCode ?? 'cut'
      answer.resume()
    })
    sent.on('close', () => resolve(status))
    sent.on('error', () => undefined)
    const piece = Buffer.alloc(1 << 20, ' ')
    const more = (left: number) => {
      if (left <= 0) return sent.end()
      sent.write(piece.subarray(0, left), () => more(left - piece.length))
    }
    more(bytes)
  })
}

describe('the process that the container runs', () => {
  it('serves health without anything else, and refuses to be opened where it must not', async () => {
    await serving(async ({ port }) => {
      const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status
      expect([await ask('/healthz'), await ask('/readyz'), await ask('/nothing')]).toEqual([200, 200, 404])
      expect([await ask('/health'), await ask('/ready')]).toEqual([200, 200])
      const authorization = 'Bearer a.b.SIGNATURE_REMOVED_BY_GOOGLE'
      const ready = await fetch(`http://127.0.0.1:${port}/ready`, { headers: { authorization } })
      expect(await ready.json()).toEqual({ status: 'ready', token: 'signature removed' })
    })
    await expect(serving(async () => undefined, { ...OPEN, K_SERVICE: 'daybreak' })).rejects.toThrow('CONFIG_INVALID')
    await expect(serving(async () => undefined, { ...OPEN, DAYBREAK_ENV: 'tokens' })).rejects.toThrow('CONFIG_INVALID')
  })

  it('refuses requests without a token when it is not open, and forwarded ones when it is', async () => {
    await serving(async ({ port }) => {
      expect((await post({ port }, '/tick', envelope({ pipeline: 'toast' }))).status).toBe(401)
    }, {})
    await serving(async ({ port }, projectDir) => {
      const server = { port, headers: await ownHeaders(projectDir) }
      expect((await stat(join(projectDir, '.daybreak/token'))).mode & 0o777).toBe(0o600)
      expect((await post({ port }, '/tick', envelope({ pipeline: 'toast' }))).status).toBe(401)
      expect((await post(server, '/tick', envelope({ pipeline: 'toast' }))).status).toBe(204)
      const forwarded = { 'x-forwarded-for': '203.0.113.9' }
      expect((await post(server, '/tick', envelope({ pipeline: 'toast' }), forwarded)).status).toBe(403)
    })
  })

  it('fault 61: a body of 600 MB does not raise its memory, announced or not', async () => {
    await serving(async ({ port, pid }, projectDir) => {
      const headers = await ownHeaders(projectDir)
      await post({ port, headers }, '/tick', envelope({ pipeline: 'toast' }))
      const before = peakMemory(pid)
      for (const announced of [true, false])
        expect([413, 'cut']).toContain(await send(port, '/tick', { bytes: 600_000_000, announced }))
      const after = peakMemory(pid)
      if (before === null || after === null) return
      expect(after - before).toBeLessThan(100)
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
    })
  })

  it('fault 60: told to end, it finishes or stops what it does, and leaves with 0', async () => {
    await serving(
      async ({ port, kill, ended, log }, projectDir) => {
        const authorization = `Bearer ${identity.token({ aud: AUDIENCE, email: PUSH })}`
        const arrived = envelope({ location: '1001', date: '2026-01-05' })
        while ((await fetch(`http://127.0.0.1:${port}/readyz`)).status !== 200) await wait(50)
        // It waits twenty seconds for more files of the day.
        const answer = post({ port }, '/file-arrival', arrived, { authorization })
        const ledger = await openSqliteLedger({ path: join(projectDir, '.daybreak', 'ledger.sqlite') })
        while ((await ledger.runs({ states: ['queued'] })).length === 0) await wait(20)
        await ledger.close()
        kill('SIGTERM')
        expect((await answer).status).toBe(204)
        expect(await ended).toBe(0)
        expect(log().filter(({ severity }) => severity === 'ERROR')).toEqual([])
      },
      { DAYBREAK_ENV: 'tokens' },
    )
  })

  it('answers that it cannot, and why in a word, until its ledger opens; then it works', async () => {
    await serving(
      async ({ port }, projectDir) => {
        const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
        expect({ status: ready.status, body: await ready.json() }).toEqual({
          status: 503,
          body: { status: 'not ready', failed: { process: 'LEDGER_DAMAGED' } },
        })
        expect((await post({ port }, '/tick', envelope({ pipeline: 'toast' }))).status).toBe(500)
        await rm(join(projectDir, '.daybreak', 'ledger.sqlite'))
        expect(
          (await post({ port, headers: await ownHeaders(projectDir) }, '/tick', envelope({ pipeline: 'toast' })))
            .status,
        ).toBe(204)
      },
      OPEN,
      { '.daybreak/ledger.sqlite': 'no database at all, '.repeat(1_000) },
    )
  })

  it('ends with what is wrong when it cannot serve', async () => {
    const broken = startServing(await mkdtemp(join(tmpdir(), 'daybreak-none-')), OPEN)
    await expect(broken).rejects.toThrow('CONFIG_MISSING')
  })
})
