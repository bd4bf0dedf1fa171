import { describe, expect, it } from 'vitest'
import { DaybreakError } from '../../functions/errors.ts'
import { incidentCause } from '../../functions/pipeline/incident-cause.ts'
import { keepWatch } from '../../functions/watch/keep.ts'
import { watchPass } from '../../functions/watch/pass.ts'
import { at } from '../support/definition.ts'
import { createWatchWorld } from '../support/notify/watch-world.ts'

const NIGHT = at('2026-11-30T10:00:00Z')
const load = incidentCause.load('toast', 'orders', '2026-11-29')

const ingest = (shard: string) =>
  incidentCause.message({ kind: 'ingest', pipeline: 'toast', shard, windows: ['2026-11-29'] })

describe('an incident', () => {
  it('is told after a minute, escalates until it is acknowledged, and is told as resolved to those who knew', async () => {
    const world = await createWatchWorld({ now: NIGHT })
    await world.open(load)
    await world.pass(1)
    expect(world.texts()).toEqual([])
    await world.pass(1)
    expect(world.texts()).toEqual([
      'PAGE toast: The server could not be reached, or the connection broke or stood still, 29 Nov.',
    ])
    await world.pass(16)
    expect(world.slack.messages.map(({ channel, threadTs }) => [channel, threadTs])).toEqual([
      ['C0DAYBREAK', null],
      ['D0A1B2C3D', null],
    ])
    await world.resolve(load.key)
    await world.pass(2)
    expect(
      world.slack.messages.map(({ channel, text, threadTs }) => [channel, text.slice(0, 23), threadTs !== null]),
    ).toEqual([
      ['C0DAYBREAK', 'RESOLVED after 18 min: ', false],
      ['D0A1B2C3D', 'RESOLVED after 18 min: ', false],
      ['C0DAYBREAK', 'RESOLVED after 18 min: ', true],
      ['D0A1B2C3D', 'RESOLVED after 18 min: ', true],
    ])
    await world.pass(60)
    expect(world.slack.messages).toHaveLength(4)
    const events = await world.ledger.reads.incidentEvents((await world.incident(load.key)).id)
    expect(events.map(({ text }) => text)).toEqual([
      'opened to ops',
      'escalated to ana by ops',
      'resolved to ops',
      'resolved to ana by ops',
    ])
  })

  it('that is over within a minute is told to no person', async () => {
    const world = await createWatchWorld({ now: NIGHT })
    await world.open(load)
    await world.resolve(load.key)
    await world.pass(20)
    expect(await world.rows()).toEqual([])
  })

  it('that is over before its first message left is not told either', async () => {
    const world = await createWatchWorld({ now: NIGHT })
    await world.open(load)
    await world.pass(1)
    // The watch decides, and its process ends before it delivers.
    await world.pass(1, { ...world.ports, ledger: { ...world.ledger, claimNotifications: async () => [] } })
    expect((await world.rows()).map(({ state }) => state)).toEqual(['due'])
    await world.resolve(load.key)
    await world.pass(3)
    expect(world.texts()).toEqual([])
    expect((await world.rows()).map(({ kind, problem }) => [kind, problem])).toEqual([
      ['resolved', 'withdrawn: it was over before'],
      ['opened', 'withdrawn: it was over before'],
    ])
  })

  it('that is acknowledged is quiet, and is told again when the acknowledgement runs out', async () => {
    const world = await createWatchWorld({ now: NIGHT })
    await world.open(load)
    await world.pass(2)
    const { id } = await world.incident(load.key)
    await world.ledger.apply([{ change: 'incident_state', id, state: 'acknowledged', at: world.clock.now() }])
    await world.pass(3)
    expect(world.texts()).toEqual([expect.stringContaining('Acknowledged by a person')])
    // Reports of the same cause go on, and do not prolong it.
    for (let quarter = 0; quarter < 16; quarter++) {
      await world.open(load)
      await world.pass(15)
    }
    const texts = world.texts()
    expect(texts[0]).toContain('Still open: toast')
    expect(texts.filter((text) => text.includes('Still open')).length).toBeGreaterThan(1)
    expect((await world.incident(load.key)).state).toBe('open')
    const before = world.slack.messages.length
    await world.pass(20)
    // The steps of the policy begin again, so Ana is told.
    expect(world.slack.messages.slice(before).map(({ channel }) => channel)).toEqual(['D0A1B2C3D'])
  })
})

describe('a storm', () => {
  it('of 1,000 locations is one root, one message and one resolve', async () => {
    const world = await createWatchWorld({ now: NIGHT })
    const shards = Array.from({ length: 1_000 }, (_, number) => String(1_000 + number))
    await world.ledger.apply(
      shards.map((shard) => ({
        ...{ change: 'incident_opened', ...ingest(shard), severity: 'error', runId: null, at: NIGHT },
        reason: { code: 'SOURCE_UNREACHABLE', message: 'the server does not answer' },
      })),
    )
    await world.pass(10)
    expect(world.texts()).toEqual(['PAGE toast: the source fails (SOURCE_UNREACHABLE): 1,000 shards.'])
    await world.ledger.apply(
      shards.map((shard) => ({ change: 'incident_resolved', key: ingest(shard).key, at: world.clock.now() })),
    )
    await world.pass(3)
    expect(world.texts().every((text) => text.startsWith('RESOLVED after 10 min: toast'))).toBe(true)
    expect(world.slack.messages.map(({ threadTs }) => threadTs !== null)).toEqual([false, true])
    expect(await world.ledger.incidents({ states: ['open'] })).toEqual([])
  })

  it('that grows tells when it has doubled, and not for each further location', async () => {
    const world = await createWatchWorld({ now: NIGHT })
    await world.open(ingest('1'))
    await world.open(ingest('2'))
    await world.pass(3)
    await world.open(ingest('3'))
    await world.pass(2)
    expect(world.slack.messages).toHaveLength(1)
    await world.open(ingest('4'))
    await world.pass(2)
    expect(world.slack.messages.map(({ threadTs }) => threadTs !== null)).toEqual([false, true])
    expect(world.texts()[1]).toBe('PAGE More of it: toast: the source fails (SOURCE_UNREACHABLE): 4 shards.')
  })
})

describe('a faulty file and the checks that fail for it', () => {
  it('are one message and one resolve', async () => {
    const world = await createWatchWorld({ now: NIGHT })
    const rejects = incidentCause.rejects('toast', '1', 'orders')
    const checks = ['paid', 'tax', 'items'].map((name) => incidentCause.check('toast', '1', name))
    const all = [rejects, ...checks, incidentCause.model('daily_sales', 'adds_up')]
    for (const cause of all) await world.open(cause, 'error', { code: 'ROWS_REJECTED', subject: '2026-11-29' })
    await world.pass(10)
    const { rows } = await world.ledger.reads.incidentPage({ limit: 50 })
    expect(rows.map(({ key, members }) => [key, members])).toEqual([['day/toast/1/2026-11-29', 5]])
    const before = world.slack.messages.length
    expect(before).toBe(1)
    for (const { key } of all) await world.resolve(key)
    await world.pass(3)
    expect((await world.rows()).map(({ kind, state }) => `${kind} ${state}`)).toEqual(
      expect.arrayContaining(['opened sent', 'resolved sent']),
    )
    expect(await world.rows()).toHaveLength(2)
    expect((await world.ledger.reads.incidentPage({ limit: 50, states: ['open'] })).rows).toEqual([])
  })
})

describe('quiet hours', () => {
  it('hold a ticket until they end, and tell it once if it is still open', async () => {
    const world = await createWatchWorld({ now: at('2026-11-30T05:00:00-05:00') })
    await world.open(load, 'warning')
    await world.open(incidentCause.load('toast', 'payments', '2026-11-29'), 'warning')
    await world.pass(60)
    await world.resolve(load.key)
    await world.pass(60)
    expect(world.texts()).toEqual([])
    await world.pass(3)
    expect(world.slack.messages.map(({ channel }) => channel)).toEqual(['D0B1B2C3D'])
    await world.pass(60)
    expect(world.slack.messages).toHaveLength(1)
  })
})

describe('the outbox', () => {
  it('waits as long as Slack asks, and then sends in order', async () => {
    const world = await createWatchWorld({ now: NIGHT })
    await world.open(load)
    world.slack.mood = { is: 'busy', retryAfter: 300 }
    await world.pass(4)
    expect((await world.rows())[0]).toMatchObject({ state: 'due', attempts: 1, due: NIGHT + 60_000 + 300_000 })
    world.slack.mood = { is: 'well' }
    await world.pass(2)
    expect(world.texts()).toEqual([])
    await world.pass(2)
    expect(world.texts()).toHaveLength(1)
    expect(world.texts()[0]).not.toContain('sent again')
  })

  it('says "(sent again)" where the first may have arrived', async () => {
    const world = await createWatchWorld({ now: NIGHT })
    await world.open(load)
    world.slack.mood = { is: 'deaf' }
    await world.pass(2)
    world.slack.mood = { is: 'well' }
    await world.pass(2)
    expect(world.texts().map((text) => text.includes('(sent again)'))).toEqual([false, true])
  })

  it('takes the next channel of the person when one refuses, and opens an incident about it', async () => {
    const world = await createWatchWorld({
      now: NIGHT,
      config: { policies: { night: { levels: [{ to: 'person ana' }] }, day: { levels: [{ to: 'person ben' }] } } },
    })
    await world.open(load)
    world.tokens.set('ops', 'xoxb-revoked')
    await world.pass(4)
    expect(world.texts()).toEqual([
      expect.stringContaining('The server could not be reached'),
      expect.stringContaining('A notification did not reach its channel'),
    ])
    expect(
      (await world.rows()).filter(({ kind }) => kind === 'opened').map(({ channel, state }) => [channel, state]),
    ).toEqual(
      expect.arrayContaining([
        ['spare', 'sent'],
        ['ops', 'dead'],
      ]),
    )
    expect(await world.incident('undelivered/ops')).toMatchObject({
      state: 'open',
      reason: {
        code: 'CHANNEL_GAVE_UP',
        message: 'channel ops: Slack answered conversations.open with invalid_auth',
      },
    })
  })

  it('gives up after 24 hours', async () => {
    const world = await createWatchWorld({
      now: NIGHT,
      config: { policies: { night: { levels: [{ to: 'channel ops' }] }, day: { levels: [{ to: 'person ben' }] } } },
    })
    await world.open(load)
    world.slack.mood = { is: 'broken' }
    await world.pass(3)
    for (let hour = 0; hour < 25; hour++) {
      await world.clock.advance(3_600_000)
      await world.pass(1)
    }
    const first = (await world.rows()).findLast(({ kind }) => kind === 'opened')
    expect(first).toMatchObject({ state: 'dead', problem: 'channel ops: Slack answered 503' })
    expect(await world.incident('undelivered/ops')).toMatchObject({ state: 'open' })
  })

  it('keeps no token and no address', async () => {
    const world = await createWatchWorld({ now: NIGHT })
    await world.open(load)
    for (const mood of ['broken', 'deaf'] as const) {
      world.slack.mood = { is: mood }
      await world.pass(3)
    }
    const kept = JSON.stringify([await world.rows(), world.log])
    expect(kept).not.toContain('xoxb')
    expect(kept).not.toContain(String(world.slack.port))
  })
})

it('a process that keeps the watch does a pass every minute, also after one that failed', async () => {
  const world = await createWatchWorld({ now: NIGHT })
  await world.open(load)
  const stop = new AbortController()
  const passes: number[] = []
  const claimNotifications: typeof world.ledger.claimNotifications = async (claim) => {
    passes.push((claim.now - NIGHT) / 60_000)
    if (passes.length === 4) stop.abort()
    if (passes.length === 2) throw new DaybreakError('LEDGER_BUSY', 'not now')
    return await world.ledger.claimNotifications(claim)
  }
  const ports = { ...world.ports, ledger: { ...world.ledger, claimNotifications } }
  await keepWatch(() => watchPass(ports), ports, stop.signal)
  expect(passes).toEqual([1, 2, 3, 4])
  expect(world.texts()).toHaveLength(1)
  expect(world.log.map(({ message }) => message)).toContain('A pass of the watch failed: not now')
})
