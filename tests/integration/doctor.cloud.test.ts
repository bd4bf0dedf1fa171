import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { daybreak } from '../support/cli.ts'
import { type LocalCloud, startCloud } from '../support/cloud.ts'

const ALL = ['storage.objects.create', 'storage.objects.get', 'storage.objects.list'] as const

let cloud: LocalCloud
let environment: string
const file = () => join(cloud.projectDir, 'config/environments/cloud.yaml')
beforeAll(async () => {
  cloud = await startCloud()
  environment = await readFile(file(), 'utf8')
})
afterAll(() => cloud.close())
afterEach(async () => {
  vi.unstubAllEnvs()
  await writeFile(file(), environment)
  for (const bucket of ['acme-raw', 'acme-parts', 'acme-control']) cloud.storage.bucket(bucket).grant(ALL)
  cloud.secrets.secrets.deny('hash-key', false)
})

interface Found {
  readonly code: number
  readonly states: Readonly<Record<string, string>>
  readonly message: (check: string) => string
}

async function doctor(): Promise<Found> {
  const { code, stdout } = await daybreak(['doctor', '-e', 'cloud', '-o', 'json'], {
    cwd: cloud.projectDir,
    clock: systemClock,
  })
  const rows: Record<string, string>[] = JSON.parse(stdout)
  return {
    code,
    states: Object.fromEntries(rows.map(({ check = '', state = '' }) => [check, state])),
    message: (check) => JSON.stringify(rows.find((row) => row['check'] === check)),
  }
}

describe('daybreak doctor on the local Google Cloud', () => {
  it('says how old each secret is, by the time at which its newest version was made', async () => {
    const days = (count: number) => Date.now() - count * 86_400_000 - 3_600_000
    const found = await doctor()
    expect(found.message('secret hash key')).toMatch(/0 days old; not rotated by the calendar: docs\S+#hash-key/)
    const issuer = 'https://id.example.com'
    const auth = { kind: 'oidc', issuer, keys: `${issuer}/keys`, audience: 'daybreak', token_key: 'secret://token-key' }
    await writeFile(file(), JSON.stringify({ ...JSON.parse(environment), auth }))
    cloud.secrets.secrets.add('token-key', 'old', days(500))
    expect((await doctor()).states['secret key of API tokens']).toBe('warn')
    cloud.secrets.secrets.add('token-key', 'new', days(12))
    const fresh = await doctor()
    expect(fresh.states['secret key of API tokens']).toBe('pass')
    expect(fresh.message('secret key of API tokens')).toMatch(/12 days old, due after 365: docs\S+#token-key/)
    cloud.secrets.secrets.deny('token-key')
    const denied = await doctor()
    expect(denied.states['secret key of API tokens']).toBe('off')
    expect(denied.message('secret key of API tokens')).toContain('roles/secretmanager.viewer')
    cloud.secrets.secrets.deny('token-key', false)
  })

  it('says which topics are missing, and nothing else is wrong', async () => {
    for (const bucket of ['acme-raw', 'acme-parts', 'acme-control']) cloud.storage.bucket(bucket).grant(ALL)
    const { code, states, message } = await doctor()
    expect(message('topics')).toMatch(/there is no topic daybreak-tick.*infra/)
    expect(code).toBe(1)
    expect(Object.entries(states).filter(([, state]) => state !== 'pass')).toEqual([['topics', 'fail']])
  })

  it('finds everything in order once they are there', async () => {
    await cloud.pushTo(1)
    const { code, states } = await doctor()
    expect(Object.entries(states).filter(([, state]) => state !== 'pass')).toEqual([])
    expect(code).toBe(0)
    expect(Object.keys(states)).toEqual(
      expect.arrayContaining([
        'clock of Google',
        'bucket acme-raw',
        'inbox acme-inbox',
        'datasets',
        'topics',
        'ledger',
        'source toast',
        'secrets',
      ]),
    )
  })

  it('tells permissions that are missing from those that are too many', async () => {
    cloud.storage.bucket('acme-raw').grant(['storage.objects.get', 'storage.objects.list'])
    cloud.storage.bucket('acme-parts').grant(null)
    const { code, states, message } = await doctor()
    expect(message('bucket acme-raw')).toMatch(/lacks storage\.objects\.create in gs:\/\/acme-raw/)
    expect(states).toMatchObject({
      'bucket acme-raw': 'fail',
      'bucket acme-parts': 'warn',
      'bucket acme-control': 'pass',
    })
    expect(code).toBe(1)
  })

  it.each([
    ['a bucket that does not exist', '"acme-control"', '"acme-nowhere"', 'bucket acme-nowhere', /acme-nowhere/],
    ['a dataset elsewhere', '"location":"US"', '"location":"EU"', 'datasets', /is in US.*says EU/],
    [
      'a topic of another name',
      '{"kind":"pubsub"}',
      '{"kind":"pubsub","topics":{"load":"other-load"}}',
      'topics',
      /no topic other-load, other-load-dead-letter/,
    ],
  ])('fails for %s', async (_, from, to, check, why) => {
    expect(environment).toContain(from)
    await writeFile(file(), environment.replace(from, to))
    const { code, states, message } = await doctor()
    expect(message(check)).toMatch(why)
    expect({ code, state: states[check] }).toEqual({ code: 1, state: 'fail' })
  })

  it('refuses an environment that is still an example, and says where', async () => {
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    vi.stubEnv('HOME', cloud.projectDir)
    const { code, stdout } = await daybreak(['doctor', '-e', 'prod', '-o', 'json'], {
      clock: systemClock,
      env: { DAYBREAK_HOME: join(cloud.projectDir, '.daybreak') },
    })
    const found = JSON.parse(stdout).find(({ check }: Record<string, string>) => check === 'environment')
    expect(code).toBe(1)
    expect(found).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/sources\.toast\.host_keys\[0\], .*google\.project/),
    })
  })

  it('fails for a secret that may not be read, without a word of it', async () => {
    cloud.secrets.secrets.deny('hash-key')
    const { states, message } = await doctor()
    expect(states['secrets']).toBe('fail')
    expect(message('secrets')).toMatch(/secret:\/\/hash-key/)
    expect(message('secrets')).not.toMatch(/planted/)
  })

  it('fails for a clock that is a minute off', async () => {
    const late = createServer(async (request, response) => {
      const answer = request.method === 'HEAD' ? null : await fetch(`${cloud.storage.url}${request.url}`)
      response.setHeader('date', new Date(Date.now() - 60_000).toUTCString())
      response.setHeader('content-type', 'application/json')
      response.writeHead(answer?.status ?? 404).end(await answer?.text())
    })
    await new Promise<void>((resolve) => late.listen(0, '127.0.0.1', resolve))
    const address = late.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    await writeFile(file(), environment.replace(cloud.storage.url, url))
    const { states, message } = await doctor()
    late.close()
    expect(states['clock of Google']).toBe('fail')
    expect(message('clock of Google')).toMatch(/(59|60|61)\.\d s from the clock/)
  })
})
