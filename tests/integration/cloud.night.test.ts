import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/local/clock.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import { generateNight } from '../../mock/night.ts'
import { daybreak } from '../support/cli.ts'
import { type LocalCloud, startCloud } from '../support/cloud.ts'
import { post } from '../support/pushes.ts'
import { type ServingProcess, startServing } from '../support/serving.ts'
import { ofTheSeven } from '../support/seven.ts'
import { ROOT } from '../support/world.ts'

const DATE = '2025-02-05'
const LOCATIONS = `version: 1
locations:
  - { id: "185001", name: East, time_zone: America/New_York }
  - { id: "185002", name: West, time_zone: America/Los_Angeles }
`

let cloud: LocalCloud
let serving: ServingProcess
beforeAll(async () => {
  cloud = await startCloud({ locations: LOCATIONS })
  serving = await startServing(cloud.projectDir, cloud.env)
  await cloud.pushTo(serving.port)
})
afterAll(async () => {
  serving.kill('SIGTERM')
  await serving.ended
  await cloud.close()
})

const night = (location: string) =>
  ofTheSeven(
    generateNight({
      seed: 1,
      date: DATE,
      profile: 'small',
      scale: 0.1,
      closed: false,
      location: { id: location, name: 'One', timeZone: 'America/New_York', closeoutHour: 4 },
    }),
  )

/** The command line over the same environment, in this process. */
async function run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return await daybreak([...argv, '-e', 'cloud'], { cwd: cloud.projectDir, clock: systemClock })
}

async function slices(): Promise<readonly Record<string, string>[]> {
  return JSON.parse((await run('slices', 'list', '-o', 'json')).stdout)
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 25_000; Date.now() < end; await wait(100)) if (await isTrue()) return
  throw new Error(`not in time: ${what}\n${serving.written().slice(-3000)}`)
}

const countOf = async (state: string) => (await slices()).filter((slice) => slice['state'] === state).length

describe('a night on the local Google Cloud, by the process of the container', () => {
  it('comes in through the inbox: notification, push, raw object, part, load job', async () => {
    for (const { name, bytes } of night('185001')) await cloud.upload(`185001/20250205/${name}`, bytes)
    await until('loaded', async () => (await countOf('loaded')) === 7)
    const [[orders]] = (await cloud.bigquery.rows('SELECT count(*) FROM "toast"."order_details"')) as [[unknown]]
    const text = Buffer.from(night('185001').find(({ name }) => name === 'OrderDetails.csv')?.bytes ?? '').toString()
    expect(Number(orders)).toBe(text.trimEnd().split('\r\n').length - 1)
    // Those without a contract are archived as well.
    expect(cloud.storage.bucket('acme-raw').names()).toHaveLength(night('185001').length)
    expect(cloud.pubsub.pushes().filter(({ answer }) => answer !== 204)).toEqual([])
  })

  it('builds every shipped model that it has files for, by pushes to /build', async () => {
    const names = Object.keys((await readCompiledModels(ROOT)).models)
    const countOf = async (name: string) =>
      await cloud.bigquery.rows(`SELECT count(*) FROM "models"."${name}"`).then(
        ([row]) => Number(row?.[0]),
        () => 0,
      )
    const empty = async () => {
      const counts = await Promise.all(names.map(async (name) => ((await countOf(name)) > 0 ? [] : [name])))
      return counts.flat()
    }
    // The files of both streams that these read are none of the seven.
    const without = ['labour_daily', 'modifier_mix']
    await until('built', async () => (await empty()).length === without.length).catch(() => undefined)
    expect(await empty()).toEqual(without)
    const sheet = await run('day-sheet', DATE, '-o', 'json')
    expect({ code: sheet.code, stderr: sheet.stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(sheet.stdout).length).toBeGreaterThan(20)
  })

  it('is brought in by a backfill over HTTP, whose key makes it one', async () => {
    const inbox = cloud.storage.bucket('acme-inbox')
    inbox.put(
      '185002/20250205/OrderDetails.csv',
      night('185002').find(({ name }) => name === 'OrderDetails.csv')?.bytes ?? '',
    )
    const body = { startDate: '2025-02-04', endDate: '2025-02-06', locations: ['185002'], streams: ['order_details'] }
    const headers = { ...cloud.authorization(), 'idempotency-key': 'one' }
    const [first, second] = await Promise.all([
      post(serving, '/backfill', body, headers),
      post(serving, '/backfill', body, headers),
    ])
    expect([first.status, second.status]).toEqual([202, 202])
    expect(first.headers.get('location')).toBe(second.headers.get('location'))
    const show = async () =>
      await (
        await fetch(`http://127.0.0.1:${serving.port}${first.headers.get('location')}`, {
          headers: cloud.authorization(),
        })
      ).json()
    await until(
      'the backfill',
      async () => !/queued|running/.test(JSON.stringify(await show()).match(/"state":"\w+"/)?.[0] ?? ''),
    )
    expect(await show()).toMatchObject({ state: 'partial', nextDate: '2025-02-07', runIds: [expect.any(String)] })
    expect(await countOf('loaded')).toBe(8)
  })

  it('is seen by the command line, which works on the same adapters', async () => {
    const status = await run('status', '-o', 'json')
    expect(status.code).toBe(0)
    const query = await run(
      'query',
      `select count(*) as n from toast.order_details where business_date = '${DATE}'`,
      '-o',
      'json',
    )
    expect(query.stderr).toBe('')
    expect(Number(JSON.parse(query.stdout)[0].n)).toBeGreaterThan(0)
    const started = await run('run', 'toast', '--date', DATE, '--location', '185001', '-o', 'json')
    expect({ code: started.code, state: JSON.parse(started.stdout).state }).toEqual({ code: 0, state: 'succeeded' })
  })

  it.each([
    ['runs', 'list'],
    ['runs', 'show', 'last'],
    ['rejects', 'list', '--date', DATE],
    ['rejects', 'list'],
    ['incidents', 'list'],
    ['backfills', 'list'],
    ['plan', 'toast', '--date', DATE],
    ['slices', 'list'],
    ['status', 'toast'],
    ['validate'],
  ])('is open to `daybreak %s %s`', async (...argv) => {
    const { code, stderr } = await run(...argv.filter((each) => each !== undefined), '-o', 'json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('takes a backfill of the command line, which the service works through', async () => {
    const { code, stdout, stderr } = await run(
      'backfill',
      'toast',
      '--start-date',
      DATE,
      '--end-date',
      DATE,
      '--location',
      '185001',
      '-o',
      'json',
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ state: 'succeeded', runs: 1 })
  })

  it('tells no secret, and logs one JSON object a line', () => {
    expect(serving.written()).not.toMatch(/planted hash key|Bearer |eyJ/)
    const lines = serving.written().trim().split('\n')
    expect(lines.filter((line) => !line.startsWith('{'))).toEqual([])
    expect(serving.log().filter(({ severity }) => severity === 'ERROR')).toEqual([])
  })
})
