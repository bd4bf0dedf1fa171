import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Operation } from '../emulators/storage/faults.ts'
import { type StorageServer, startStorageServer } from '../emulators/storage/server.ts'
import { ROLES } from '../emulators/storage/state.ts'
import { testFolder } from '../support/folder.ts'
import { BUCKETS, createTestObjects } from '../support/gcs.ts'

const WRITER = join(import.meta.dirname, '../support/gcs-writer.ts')
const PIECE = 262_144
const SMALL = Buffer.from('id,amount\n1,2.00\n')
const LARGE = randomBytes(3 * PIECE + 1_000)
const LIMITS = { singleRequestBytes: PIECE, pieceBytes: PIECE }
/** Rights of the worker's service account: everything but delete and overwrite. */
const WORKER = [...ROLES.objectCreator, ...ROLES.objectViewer] as const

let server: StorageServer
beforeEach(async () => {
  server = await startStorageServer({ buckets: Object.values(BUCKETS) })
  for (const name of Object.values(BUCKETS)) server.bucket(name).grant(WORKER)
})
afterEach(async () => {
  // Nothing of ours may ever delete or overwrite, after no fault.
  expect(server.calls.filter(({ operation }) => operation === 'objects.delete')).toEqual([])
  await server.close()
})

const open = (options = {}) => createTestObjects(server, { ...LIMITS, ...options })
const stored = (name: string) => server.bucket(BUCKETS.raw).get(name)?.content
const calls = (operation: Operation) => server.calls.filter((call) => call.operation === operation)

describe('fault 30: an answer that says try again', () => {
  const steps: [Operation, number][] = [
    ['objects.insert.start', 1],
    ...[1, 2, 3, 4].map((piece): [Operation, number] => ['objects.insert.chunk', piece]),
  ]

  it.each([408, 429, 500, 502, 503, 504])(
    '%i to a small object is tried again, and makes one object',
    async (status) => {
      server.faults.on({ operation: 'objects.insert', times: 2 }, { kind: 'status', status })
      const { objects, pauses, logs } = open()

      expect(await objects.put('raw/a', SMALL)).toEqual({ created: true })

      expect(stored('raw/a')).toEqual(SMALL)
      expect(calls('objects.insert').map((call) => call.status)).toEqual([status, status, 200])
      expect(pauses).toEqual([375, 750])
      expect(logs.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
        'WARNING STORAGE_FAILED',
        'WARNING STORAGE_FAILED',
      ])
    },
  )

  it.each([408, 429, 500, 503].flatMap((status) => steps.map(([operation, call]) => ({ status, operation, call }))))(
    '$status at $operation $call of a large object is tried again, from where the server stood',
    async ({ status, operation, call }) => {
      server.faults.on({ operation, call }, { kind: 'status', status })
      expect(await open().objects.put('raw/a', LARGE)).toEqual({ created: true })
      expect(stored('raw/a')?.equals(LARGE)).toBe(true)
      const sent = calls('objects.insert.chunk').reduce((bytes, { bytesIn }) => bytes + bytesIn, 0)
      expect(sent).toBeLessThanOrEqual(LARGE.length + PIECE)
    },
  )

  it.each([408, 429, 500, 503])('%i to a read, a look and a list is tried again', async (status) => {
    const { objects } = open()
    await objects.put('raw/a', SMALL)
    for (const operation of ['objects.get.media', 'objects.get', 'objects.list'] as const)
      server.faults.on({ operation }, { kind: 'status', status })
    expect(Buffer.from(await objects.get('raw/a'))).toEqual(SMALL)
    expect(await objects.size('raw/a')).toBe(SMALL.length)
    expect(await Array.fromAsync(objects.list('raw/'))).toMatchObject([{ name: 'raw/a', bytes: SMALL.length }])
  })

  it('tells what a server said that never gave in, of large objects too', async () => {
    server.faults.on({ operation: 'objects.insert.chunk', times: 99 }, { kind: 'status', status: 503 })
    const failure = { code: 'STORAGE_FAILED', details: { bucket: BUCKETS.raw, status: 503 } }
    await expect(open({ attempts: 2 }).objects.put('raw/a', LARGE)).rejects.toMatchObject(failure)
  })

  it('gives up after so many tries, and begins none after the deadline', async () => {
    server.faults.on({ operation: 'objects.insert', times: Number.POSITIVE_INFINITY }, { kind: 'status', status: 503 })
    await expect(open({ attempts: 4 }).objects.put('raw/a', SMALL)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(calls('objects.insert')).toHaveLength(4)

    let now = 0
    const sleep = async (milliseconds: number) => {
      now += milliseconds
    }
    const clock = { now: () => now, sleep }
    const late = open({ attempts: 100, deadline: 2_000, clock }).objects
    await expect(late.put('raw/a', SMALL)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(now).toBeGreaterThan(2_000)
    expect(now).toBeLessThan(4_000)
  })

  it('gives up a server that goes silent, and tries again', async () => {
    const { objects } = open({ inactivityTimeout: 600 })
    for (const operation of ['objects.insert', 'objects.get', 'objects.get.media', 'objects.list'] as const)
      server.faults.on({ operation }, { kind: 'stall' })
    await objects.put('raw/a', SMALL)
    expect(await objects.size('raw/a')).toBe(SMALL.length)
    expect(Buffer.from(await objects.get('raw/a'))).toEqual(SMALL)
    expect(await Array.fromAsync(objects.list('raw/'))).toHaveLength(1)

    server.faults.on({ operation: 'objects.insert.chunk', call: 2 }, { kind: 'stall' })
    await objects.put('raw/b', LARGE)
    expect(stored('raw/b')?.equals(LARGE)).toBe(true)
  })

  it('does not give up a slow read that moves', async () => {
    const { objects } = open({ inactivityTimeout: 2_000, attempts: 1 })
    await objects.put('raw/a', LARGE)
    const held = new Promise((resolve) => setTimeout(resolve, 1_200))
    const later = new Promise((resolve) => setTimeout(resolve, 2_400))
    server.faults.on({ operation: 'objects.get.media' }, { kind: 'trickle', afterBytes: 1_000, until: held })
    server.faults.on({ operation: 'objects.get.media', call: 2 }, { kind: 'trickle', afterBytes: 1_000, until: later })
    expect(LARGE.equals(await objects.get('raw/a'))).toBe(true)
  })
})

describe('fault 31: an answer that is lost after the object was made', () => {
  const cases: [string, Operation, number, Buffer][] = [
    ['a small object', 'objects.insert', 1, SMALL],
    ['the last piece of a large one', 'objects.insert.chunk', 4, LARGE],
    ['a piece in its middle', 'objects.insert.chunk', 2, LARGE],
    ['its first request', 'objects.insert.start', 1, LARGE],
  ]

  it.each(cases)('%s is found by its sum, and made once', async (_, operation, call, content) => {
    server.faults.on({ operation, call }, { kind: 'lost' })
    const { objects } = open()
    const { created } = await objects.put('raw/a', content)

    expect(stored('raw/a')?.equals(content)).toBe(true)
    const wasMade = operation === 'objects.insert' || call === 4
    expect(created).toBe(!wasMade)
    expect(await objects.put('raw/a', content)).toEqual({ created: false })
  })

  it.each(['condition_first', 'permission_first'] as const)('whichever refusal Google prefers (%s)', async (taken) => {
    const strict = await startStorageServer({ buckets: Object.values(BUCKETS), taken })
    onTestFinished(() => strict.close())
    strict.bucket(BUCKETS.raw).grant(WORKER)
    const { objects } = createTestObjects(strict, LIMITS)
    for (const content of [SMALL, LARGE]) {
      const name = `raw/${content.length}`
      strict.faults.on(
        { operation: content === SMALL ? 'objects.insert' : 'objects.insert.chunk', call: content === SMALL ? 1 : 4 },
        { kind: 'lost' },
      )
      expect(await objects.put(name, content)).toEqual({ created: false })
      await expect(objects.put(name, Buffer.concat([content, SMALL]))).rejects.toMatchObject({
        code: 'OBJECT_CONFLICT',
      })
    }
  })

  it('is found although another had to be asked twice', async () => {
    server.faults.on({ operation: 'objects.insert' }, { kind: 'lost' })
    server.faults.on({ operation: 'objects.get' }, { kind: 'status', status: 503 })
    expect(await open().objects.put('raw/a', SMALL)).toEqual({ created: false })
  })
})

describe('fault 32: several writers of one name', () => {
  it.each([SMALL, LARGE])('one makes it, the others find it equal, try %#', async (content) => {
    const puts = await Promise.all(Array.from({ length: 6 }, () => open().objects.put('raw/a', content)))
    expect(puts.filter(({ created }) => created)).toHaveLength(1)
    expect(stored('raw/a')?.equals(content)).toBe(true)
  })

  it.each([SMALL, LARGE])(
    'one makes it, those with other content are told, and are not tried again, try %#',
    async (content) => {
      const other = Buffer.from(content).fill(0, 3, 4)
      const both = await Promise.allSettled([open().objects.put('raw/a', content), open().objects.put('raw/a', other)])
      const [lost] = both.filter(({ status }) => status === 'rejected')
      expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(lost).toMatchObject({ reason: { code: 'OBJECT_CONFLICT', retryable: false } })
    },
  )
})

describe('fault 33: bytes that are damaged on their way', () => {
  it.each([
    ['objects.insert', 1, SMALL],
    ['objects.insert.chunk', 3, LARGE],
  ] as const)('at %s %i are refused by the server, and sent again', async (operation, call, content) => {
    server.faults.on({ operation, call }, { kind: 'flip', byte: 7 })
    expect(await open().objects.put('raw/a', content)).toEqual({ created: true })
    expect(stored('raw/a')?.equals(content)).toBe(true)
    expect(server.calls.filter(({ status }) => status === 400)).toHaveLength(1)
  })

  it('leave no object when they always are', async () => {
    server.faults.on({ operation: 'objects.insert', times: 99 }, { kind: 'flip' })
    await expect(open().objects.put('raw/a', SMALL)).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    expect(server.bucket(BUCKETS.raw).names()).toEqual([])
  })

  it('do not make an object of another writer disappear', async () => {
    const { objects } = open()
    await objects.put('raw/a', SMALL)
    server.faults.on({ operation: 'objects.insert', times: 99 }, { kind: 'flip' })
    await expect(objects.put('raw/a', Buffer.from('other'))).rejects.toMatchObject({ code: 'OBJECT_CONFLICT' })
    expect(stored('raw/a')).toEqual(SMALL)
  })

  it('are read again, and are never handed out', async () => {
    const { objects } = open()
    await objects.put('raw/a', LARGE)
    server.faults.on({ operation: 'objects.get.media' }, { kind: 'flip', byte: 99_999 })
    expect(LARGE.equals(await objects.get('raw/a'))).toBe(true)
    const path = join(await testFolder(), 'a')
    server.faults.on({ operation: 'objects.get.media' }, { kind: 'cut', afterBytes: 5_000 })
    await objects.fetch('raw/a', path)
    expect(LARGE.equals(await readFile(path))).toBe(true)

    server.faults.on({ operation: 'objects.get.media', times: 99 }, { kind: 'flip' })
    const damaged = { code: 'STORAGE_FAILED', message: expect.stringContaining('CRC-32C') }
    await expect(objects.get('raw/a')).rejects.toMatchObject(damaged)
    await expect(objects.fetch('raw/a', path)).rejects.toMatchObject(damaged)
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('fault 34: a resumable upload whose session is lost', () => {
  it.each([404, 410].flatMap((status) => [1, 2, 3, 4].map((piece) => ({ status: status as 404 | 410, piece }))))(
    'with $status at piece $piece begins anew',
    async ({ status, piece }) => {
      server.faults.on({ operation: 'objects.insert.chunk', call: piece }, { kind: 'session_lost', status })
      expect(await open().objects.put('raw/a', LARGE)).toEqual({ created: true })
      expect(stored('raw/a')?.equals(LARGE)).toBe(true)
      expect(calls('objects.insert.start')).toHaveLength(2)
    },
  )

  it('while it is asked how much has arrived begins anew', async () => {
    server.faults.on({ operation: 'objects.insert.chunk', call: 3 }, { kind: 'reset', afterBytes: 1 })
    server.faults.on({ operation: 'objects.insert.query' }, { kind: 'session_lost', status: 410 })
    expect(await open().objects.put('raw/a', LARGE)).toEqual({ created: true })
    expect(stored('raw/a')?.equals(LARGE)).toBe(true)
    expect(calls('objects.insert.start')).toHaveLength(2)
  })

  it.each([1, 2, 3, 4])(
    'but not for a connection that broke at piece %i: that goes on where the server stood',
    async (piece) => {
      server.faults.on({ operation: 'objects.insert.chunk', call: piece }, { kind: 'reset', afterBytes: 500 })
      expect(await open().objects.put('raw/a', LARGE)).toEqual({ created: true })
      expect(stored('raw/a')?.equals(LARGE)).toBe(true)
      expect(calls('objects.insert.start')).toHaveLength(1)
    },
  )
})

describe('fault 35: a process that is killed while it writes', () => {
  const write = (path: string) => {
    const child = spawn(process.execPath, ['--expose-gc', WRITER, server.url, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    return child
  }

  it('leaves no object that anybody sees, and the next one makes it', async () => {
    const path = join(await testFolder(), 'large')
    const content = randomBytes(11_000_000)
    await writeFile(path, content)
    const { promise: reached, resolve } = Promise.withResolvers<void>()
    // Held in the last piece: all bytes have arrived when the process dies.
    const wait = () => {
      resolve()
      return new Promise(() => undefined)
    }
    server.faults.on({ operation: 'objects.insert.chunk', call: 3 }, { kind: 'hold', wait })
    const child = write(path)
    await reached
    child.kill('SIGKILL')
    await once(child, 'exit')

    const { objects } = open()
    expect(await Array.fromAsync(objects.list('raw/'))).toEqual([])
    expect(await objects.size('raw/file')).toBeNull()

    const next = write(path)
    const [line] = await once(createInterface({ input: next.stdout }), 'line')
    expect(JSON.parse(line)).toMatchObject({ created: true })
    expect(stored('raw/file')?.equals(content)).toBe(true)
  })

  it('holds a few pieces of a large file in memory, never the whole', async () => {
    const path = join(await testFolder(), 'large')
    const size = 64_000_000
    await writeFile(path, '')
    await truncate(path, size)
    const [line] = await once(createInterface({ input: write(path).stdout }), 'line')
    expect(JSON.parse(line).created).toBe(true)
    expect(JSON.parse(line).memory).toBeLessThan(size / 2)
  })
})

describe('fault 37: an object that a lifecycle rule deleted', () => {
  it('is missing at once, without a second try, and its name is free to make it again', async () => {
    const { objects, pauses } = open()
    await objects.put('raw/a', SMALL)
    server.faults.on({ operation: 'objects.get.media' }, { kind: 'vanish' })
    await expect(objects.get('raw/a')).rejects.toMatchObject({ code: 'OBJECT_MISSING' })
    await expect(objects.fetch('raw/a', join(await testFolder(), 'a'))).rejects.toMatchObject({
      code: 'OBJECT_MISSING',
    })
    expect(await objects.size('raw/a')).toBeNull()
    expect(pauses).toEqual([])
    expect(await objects.put('raw/a', SMALL)).toEqual({ created: true })
  })

  it('between our write and our look at it is written again', async () => {
    const { objects } = open()
    await objects.put('raw/a', SMALL)
    server.faults.on({ operation: 'objects.get' }, { kind: 'vanish' })
    expect(await objects.put('raw/a', SMALL)).toEqual({ created: true })
    expect(stored('raw/a')).toEqual(SMALL)
  })
})

describe('fault 38: a permission that is missing', () => {
  const attempts: [
    string,
    readonly (typeof WORKER)[number][],
    (objects: ReturnType<typeof open>['objects']) => Promise<unknown>,
  ][] = [
    [
      'create a small object',
      ['storage.objects.get', 'storage.objects.list'],
      (objects) => objects.put('raw/a', SMALL),
    ],
    [
      'create a large object',
      ['storage.objects.get', 'storage.objects.list'],
      (objects) => objects.put('raw/a', LARGE),
    ],
    ['read', ['storage.objects.create'], (objects) => objects.get('raw/there')],
    ['look', ['storage.objects.create'], (objects) => objects.size('raw/there')],
    ['list', ['storage.objects.create'], (objects) => Array.fromAsync(objects.list('raw/'))],
    ['compare', ['storage.objects.create'], (objects) => objects.put('raw/there', SMALL)],
  ]

  it.each(attempts)('to %s is told once, with the permission and the bucket', async (_, granted, attempt) => {
    const bucket = server.bucket(BUCKETS.raw)
    bucket.put('raw/there', SMALL)
    bucket.grant(granted)
    const { objects, pauses } = open()
    await expect(attempt(objects)).rejects.toMatchObject({
      code: 'STORAGE_DENIED',
      retryable: false,
      message: expect.stringMatching(/storage\.objects\.(create|get|list|delete).*/),
      details: { bucket: BUCKETS.raw },
    })
    expect(pauses).toEqual([])
    expect(server.calls.length).toBeLessThanOrEqual(2)
  })

  it('is not what a limit of the rate is, although both are answered 403', async () => {
    server.faults.on({ operation: 'objects.insert' }, { kind: 'status', status: 403, reason: 'rateLimitExceeded' })
    expect(await open().objects.put('raw/a', SMALL)).toEqual({ created: true })
  })

  it('to say that there is no such bucket is a mistake in the configuration, told once', async () => {
    server.deleteBucket(BUCKETS.raw)
    const { objects, pauses } = open()
    const missing = { code: 'CONFIG_MISSING', message: expect.stringContaining(BUCKETS.raw) }
    for (const content of [SMALL, LARGE]) await expect(objects.put('raw/a', content)).rejects.toMatchObject(missing)
    await expect(objects.get('raw/a')).rejects.toMatchObject(missing)
    await expect(objects.size('raw/a')).rejects.toMatchObject(missing)
    await expect(Array.fromAsync(objects.list('raw/'))).rejects.toMatchObject(missing)
    expect(pauses).toEqual([])
  })
})

it('a download that breaks off leaves the other requests of the process alone', async () => {
  const { objects, logs } = open()
  await objects.put('raw/a', LARGE)
  const { promise: until, resolve } = Promise.withResolvers<void>()
  const { promise: held, resolve: reached } = Promise.withResolvers<void>()
  const wait = () => {
    reached()
    return until
  }
  server.faults.on({ operation: 'objects.insert' }, { kind: 'hold', wait })
  const writing = objects.put('raw/b', SMALL)
  await held

  server.faults.on({ operation: 'objects.get.media' }, { kind: 'cut', afterBytes: 9_000 })
  expect(LARGE.equals(await objects.get('raw/a'))).toBe(true)
  resolve()
  expect(await writing).toEqual({ created: true })
  expect(logs.map(({ message }) => message)).toEqual([expect.stringContaining('read the object raw/a')])
})

it('tells no address of an upload, which would let anybody write to it', async () => {
  const { objects, logs } = open({ attempts: 2 })
  server.faults.on({ operation: 'objects.insert.chunk', times: 99 }, { kind: 'reset', afterBytes: 10 })
  const failure = await objects.put('raw/a', LARGE).catch((error: unknown) => error)
  const text = `${JSON.stringify(logs)} ${failure} ${JSON.stringify(failure)} ${failure instanceof Error ? failure.cause : ''}`
  expect(text).toContain('STORAGE_FAILED')
  expect(text).not.toMatch(/upload_id|http/)
})
