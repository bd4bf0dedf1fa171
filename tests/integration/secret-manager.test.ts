import { afterEach, beforeEach, expect, it } from 'vitest'
import { openManagedSecrets } from '../../functions/adapters/secret-manager/secrets.ts'
import type { SecretReader } from '../../functions/config/secret.ts'
import type { LogEntry } from '../../functions/pipeline/ports.ts'
import { type SecretManagerServer, startSecretManagerServer } from '../emulators/secret-manager/server.ts'

const PROJECT = 'acme-test'
const KEY = 'secret://sftp-key'

let server: SecretManagerServer
let reader: SecretReader
let clock: { now: () => number; sleep: (milliseconds: number) => Promise<void> }
let now: number
let logs: LogEntry[]

beforeEach(async () => {
  server = await startSecretManagerServer(PROJECT)
  server.secrets.add('sftp-key', 'one')
  now = 1_000_000
  logs = []
  clock = {
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds
    },
  }
  reader = open()
})
afterEach(async () => {
  await reader.close()
  await server.close()
})

const open = (options = {}) =>
  openManagedSecrets({
    project: PROJECT,
    endpoint: server.address,
    clock,
    log: (entry) => logs.push(entry),
    random: () => 0.5,
    refresh: 300_000,
    ...options,
  })
const text = async (reference: string) => Buffer.from(await reader.read(reference)).toString()
const texts = async (reference: string) => (await reader.active(reference)).map((data) => Buffer.from(data).toString())

it('reads the newest version, or the one that is named, without the line end behind it', async () => {
  server.secrets.add('sftp-key', 'two\r\n')
  expect(await text(KEY)).toBe('two')
  expect(await text(`${KEY}@1`)).toBe('one')
  expect(await text(`${KEY}@latest`)).toBe('two')
})

it('reads bytes as they are', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => 255 - byte))
  server.secrets.add('bytes', bytes)
  expect(Buffer.from(await reader.read('secret://bytes'))).toEqual(bytes)
})

it('asks once for many readers, and again only when it is time', async () => {
  await Promise.all([text(KEY), text(KEY), text(KEY)])
  now += 299_999
  await text(KEY)
  expect(server.calls).toEqual([`projects/${PROJECT}/secrets/sftp-key/versions/latest`])
})

it('sees a rotation without a restart', async () => {
  expect(await text(KEY)).toBe('one')
  server.secrets.add('sftp-key', 'two')
  expect(await text(KEY)).toBe('one')
  now += 300_000
  expect(await text(KEY)).toBe('two')
})

it('gives both keys of a rotation while both are enabled, the newest first (fault 5)', async () => {
  expect(await texts(KEY)).toEqual(['one'])
  server.secrets.add('sftp-key', 'two')
  now += 300_000
  expect(await texts(KEY)).toEqual(['two', 'one'])
  expect(await texts(`${KEY}@1`)).toEqual(['one'])
  for (const state of ['DISABLED', 'DESTROYED'] as const) {
    server.secrets.setState('sftp-key', 1, state)
    now += 300_000
    expect(await texts(KEY)).toEqual(['two'])
  }
})

it('tells a secret that is absent from one that may not be read, and from a version that is disabled or destroyed', async () => {
  server.secrets.add('sftp-key', 'two')
  const fails = async (reference: string, code: string) =>
    await expect(reader.read(reference)).rejects.toMatchObject({ code, message: expect.stringContaining(reference) })
  await fails('secret://none', 'CONFIG_MISSING')
  await fails(`${KEY}@9`, 'CONFIG_MISSING')
  server.secrets.deny('sftp-key')
  await fails(KEY, 'SECRET_DENIED')
  server.secrets.deny('sftp-key', false)
  for (const state of ['DISABLED', 'DESTROYED'] as const) {
    server.secrets.setState('sftp-key', 2, state)
    await fails(KEY, 'SECRET_DISABLED')
    await expect(reader.active(KEY)).rejects.toMatchObject({ code: 'SECRET_DISABLED' })
  }
  await fails('secret://with.dot', 'CONFIG_MISSING')
  server.secrets.add('blank', '\n')
  await fails('secret://blank', 'CONFIG_MISSING')
  expect(logs).toEqual([])
})

it('refuses what is no reference without telling it, as it may be the secret itself', async () => {
  await expect(reader.read('/a/path')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  expect(server.calls).toEqual([])
})

it.each(['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'INTERNAL', 'DEADLINE_EXCEEDED', 'ABORTED'] as const)(
  'tries again after %s',
  async (code) => {
    server.fail({ kind: 'status', code }, 2)
    expect(await text(KEY)).toBe('one')
    expect(server.calls).toHaveLength(3)
    expect(logs.map((entry) => entry.code)).toEqual(['SECRET_UNREACHABLE', 'SECRET_UNREACHABLE'])
  },
)

it('tries again when it goes silent, and when the payload is damaged', async () => {
  reader = open({ timeout: 800 })
  server.fail({ kind: 'stall' })
  server.fail({ kind: 'flip' })
  expect(await text(KEY)).toBe('one')
  expect(server.calls).toHaveLength(3)
})

it('gives up in the end, and asks anew the next time', async () => {
  server.fail({ kind: 'status', code: 'UNAVAILABLE' }, 4)
  await expect(reader.read(KEY)).rejects.toMatchObject({ code: 'SECRET_UNREACHABLE', retryable: true })
  expect(await text(KEY)).toBe('one')
})

it('says the same of a server that is not there', async () => {
  await server.close()
  reader = open({ attempts: 2, timeout: 500 })
  await expect(reader.read(KEY)).rejects.toMatchObject({ code: 'SECRET_UNREACHABLE' })
})

it('uses on what it has while Secret Manager is down, but not when it says no', async () => {
  expect(await text(KEY)).toBe('one')
  now += 300_000
  server.fail({ kind: 'status', code: 'UNAVAILABLE' }, 4)
  expect(await text(KEY)).toBe('one')
  expect(logs.at(-1)).toMatchObject({ severity: 'WARNING', message: expect.stringContaining('used on') })

  server.secrets.deny('sftp-key')
  now += 300_000
  await expect(reader.read(KEY)).rejects.toMatchObject({ code: 'SECRET_DENIED' })
  server.fail({ kind: 'status', code: 'UNAVAILABLE' }, 4)
  await expect(reader.read(KEY)).rejects.toMatchObject({ code: 'SECRET_UNREACHABLE' })
})

it('tells nothing of a secret in errors and logs', async () => {
  server.secrets.add('sftp-key', 'CANARY')
  server.fail({ kind: 'flip' }, 2)
  server.fail({ kind: 'status', code: 'UNAVAILABLE' }, 2)
  const failure = await reader.read(KEY).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'SECRET_UNREACHABLE' })
  const all = [failure, ...logs].map(
    (one) => `${String(one)} ${JSON.stringify(one)} ${one instanceof Error ? one.stack : ''}`,
  )
  expect(all.join('\n')).not.toMatch(/ANARY/)
})
