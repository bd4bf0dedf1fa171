import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { beat } from '../../functions/adapters/webhook/heartbeat.ts'
import { openWatch } from '../../functions/compose/watch.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { watchPass } from '../../functions/watch/pass.ts'
import { at } from '../support/definition.ts'
import { startService } from '../support/notify/moody-server.ts'
import { createWatchWorld } from '../support/notify/watch-world.ts'
import { createWorld } from '../support/world.ts'

const NIGHT = at('2026-11-30T10:00:00Z')
const SECRET_PATH = '/ping/5b1c-secret'

async function startSwitch({ timeout = 10_000 }: { readonly timeout?: number } = {}) {
  const service = await startService(() => ({ status: 200, body: 'OK' }))
  onTestFinished(() => service.close())
  const url = `http://127.0.0.1:${service.port}${SECRET_PATH}`
  const world = await createWatchWorld({ now: NIGHT })
  const ports = { ...world.ports, heartbeat: () => beat(url, { timeout }) }
  return { service, url, world, ports }
}

it('each complete pass of the watch asks for the address once', async () => {
  const { service, world, ports } = await startSwitch()
  await world.pass(3, ports)
  expect(service.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(Array(3).fill(`GET ${SECRET_PATH}`))
})

it.each([
  ['is out of order', { is: 'broken' }, 'the switch answered 503'],
  ['hangs', { is: 'hung' }, 'no answer in time'],
  ['closes the connection', { is: 'deaf' }, 'the connection broke'],
  ['moved', { is: 'moved', to: 'http://127.0.0.1:1/' }, 'a redirect, which is not followed'],
] as const)('a switch that %s breaks no pass, and its address is in no log', async (_, mood, why) => {
  const { service, world, ports } = await startSwitch({ ...(mood.is === 'hung' && { timeout: 300 }) })
  service.mood = mood
  expect(await watchPass(ports)).toEqual({ sent: 0, postponed: 0, dead: 0 })
  const warnings = world.log.filter(({ severity }) => severity === 'WARNING').map(({ message }) => message)
  expect(warnings).toEqual([expect.stringContaining(why)])
  expect(JSON.stringify(world.log)).not.toContain('secret')
})

it('a pass with a step that failed does not ask for it', async () => {
  const { service, ports } = await startSwitch()
  const incidentPage = async () => {
    throw new DaybreakError('LEDGER_FAILED', 'away')
  }
  await watchPass({ ...ports, ledger: { ...ports.ledger, reads: { ...ports.ledger.reads, incidentPage } } })
  expect(service.seen).toEqual([])
})

it.each([
  ['http://switch.example.com/ping', 'its address begins with http://; expected https://'],
  ['ftp://127.0.0.1/ping', 'its address begins with ftp://; expected https://'],
  ['5b1c', 'its secret holds no address; expected https://HOST/PATH'],
])('refuses %s', async (url, why) => {
  await expect(beat(url)).rejects.toMatchObject({ code: 'CHANNEL_REFUSED', message: `channel heartbeat: ${why}` })
})

it('config/notify.yaml names the secret that holds the address', async () => {
  const { service, url } = await startSwitch()
  const world = await createWorld({ now: NIGHT, streams: ['order_details'] })
  onTestFinished(() => world.close())
  const heartbeat = join(world.project.home, 'switch')
  await writeFile(heartbeat, `${url}\n`)
  const daybreak = await world.open()
  const { ports, close } = await openWatch(
    { ...world.project, notify: NotifyConfig.parse({ version: 1, heartbeat }) },
    daybreak,
  )
  await watchPass(ports)
  expect(service.seen.map(({ path }) => path)).toEqual([SECRET_PATH])
  await close()
  await daybreak.close()
})
