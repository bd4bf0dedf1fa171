import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Ports } from '../../functions/pipeline/ports.ts'
import { at } from '../support/definition.ts'
import { type FaultAnswer, type FaultSftp, startFaultSftp } from '../support/fault-sftp.ts'
import { testConnector } from '../support/sftp.ts'
import { createWorld, type World } from '../support/world.ts'

const LOCATIONS = ['185001', '185002', '185003'].map((id) => ({ id, name: id, time_zone: 'America/New_York' }))

let world: World
let server: FaultSftp
const folders: Record<string, readonly FaultAnswer[]> = {}
beforeEach(async () => {
  world = await createWorld({ now: at('2025-02-08T20:00:00Z'), locations: LOCATIONS })
  server = await startFaultSftp({ folders })
})
afterEach(async () => {
  await server.close()
  await world.close()
})

const overSftp = (ports: Ports): Ports => ({
  ...ports,
  source: () => testConnector(server, { root: world.source }).connector,
})

async function state() {
  const { ports, close } = await world.open()
  const slices = await ports.ledger.slices({})
  const incidents = await ports.ledger.incidents({ states: ['open'] })
  await close()
  return { slices: slices.map(({ state }) => state), incidents: incidents.map(({ key, reason }) => [key, reason.code]) }
}

it('a root folder that does not exist is one failure and one incident, and no file is called missing', async () => {
  const run = await world.run({ trigger: 'schedule' }, overSftp)
  expect(run).toMatchObject({
    state: 'failed',
    reason: { code: 'SOURCE_ROOT_MISSING', message: expect.stringContaining(world.source) },
  })
  expect(await state()).toEqual({ slices: [], incidents: [['source/toast', 'SOURCE_ROOT_MISSING']] })

  folders[world.source] = []
  await world.run({ trigger: 'schedule' }, overSftp)
  const { slices, incidents } = await state()
  expect(new Set(slices)).toEqual(new Set(['missing']))
  expect(incidents.map(([, code]) => code)).not.toContain('SOURCE_ROOT_MISSING')
})

it('a server that is down is one incident for all locations, too', async () => {
  await server.close()
  const run = await world.run({ trigger: 'schedule' }, overSftp)
  expect(run).toMatchObject({ state: 'failed', reason: { code: 'SOURCE_UNREACHABLE' } })
  expect((await state()).incidents).toEqual([['source/toast', 'SOURCE_UNREACHABLE']])
})
