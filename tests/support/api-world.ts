import { join } from 'node:path'
import type { Principal } from '../../functions/access/decide.ts'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import type { ApiContext } from '../../functions/api/context.ts'
import { apiHandler } from '../../functions/api/handle.ts'
import { createApiContext } from '../../functions/compose/api.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import type { Daybreak } from '../../functions/compose.ts'
import { LocationsConfig } from '../../functions/config/config.ts'
import { NotifyConfig } from '../../functions/config/notify-config.ts'
import type { Project } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { startServer } from '../../functions/http/server.ts'
import { generateNight } from '../../mock/night.ts'
import { at } from './definition.ts'
import { ofTheSeven } from './seven.ts'
import { createWorld, ROOT, silent, type World } from './world.ts'

/** The command that starts the program, for work in a process of its own. */
export const PROGRAM = [process.execPath, join(ROOT, 'cli/daybreak.mjs')]
/** Limits that no test reaches. */
export const UNLIMITED = Object.fromEntries(
  ['read', 'write', 'preview', 'test'].map((kind) => [kind, { perSecond: 1e6, burst: 1e6 }]),
) as Record<'read' | 'write' | 'preview' | 'test', { perSecond: number; burst: number }>

const PLACES = [
  {
    id: '185001',
    name: 'East',
    time_zone: 'America/New_York',
    active_from: '2026-10-28',
    contacts: [{ name: 'Kim', phone: '+1 212 555 0100' }],
  },
  { id: '185002', name: 'West', time_zone: 'America/Los_Angeles', active_from: '2026-10-28' },
]

const NOTIFY = NotifyConfig.parse({
  version: 1,
  people: { ana: { name: 'Ana', zone: 'America/New_York' }, ben: { name: 'Ben', zone: 'America/Chicago' } },
  rotations: { primary: { zone: 'America/New_York', handoff: 'Mon 09:00', people: ['ana', 'ben'] } },
  policies: { night: { levels: [{ to: 'on-call primary' }] } },
  // No server listens there, and the secret is absent: a test message fails with a reason.
  channels: { ops: { kind: 'slack', channel: '#ops', token: 'secret://slack', endpoint: 'http://127.0.0.1:9' } },
})

/** Models of the world, with those that they read. */
const BUILT = ['dayparts', 'order_facts', 'daily_sales', 'labour_daily', 'daily_location', 'calendar', 'same_store']

/** A world with a night of two locations: a corrected file, rejected rows, a file that is held back. */
export interface ApiWorld {
  readonly world: World
  readonly project: Project
  close(): Promise<void>
}

export async function createApiWorld(): Promise<ApiWorld> {
  const transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
  const now = at('2026-10-30T18:00:00Z')
  const { models: compiled } = await readCompiledModels(ROOT)
  const models = new Map(Object.entries(compiled).filter(([name]) => BUILT.includes(name)))
  const world = await createWorld({ now, transformer, locations: PLACES, models })
  for (const [seed, { id, name, time_zone: timeZone }] of PLACES.entries()) {
    const location = { id, name, timeZone, closeoutHour: 4 }
    const night = generateNight({ seed, date: '2026-10-29', profile: 'small', scale: 0.3, closed: false, location })
    for (const file of ofTheSeven(night)) {
      const text = Buffer.from(file.bytes).toString('utf8')
      const isBroken = id === '185002' && file.name === 'PaymentDetails.csv'
      await world.write(
        `${id}/20261029/${file.name}`,
        isBroken ? text.replace('Amount', 'Amnt') : broken(file.name, text),
      )
    }
  }
  await world.run({ scope: { windows: ['2026-10-29'] } })
  const path = '185001/20261029/OrderDetails.csv'
  const night = generateNight({
    ...{ seed: 0, date: '2026-10-29', profile: 'small', scale: 0.3, closed: false },
    location: { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 },
  })
  const orders = night.find(({ name }) => name === 'OrderDetails.csv')?.bytes ?? new Uint8Array()
  await world.clock.advance(3_600_000)
  await world.write(path, Buffer.from(orders))
  await world.run({ scope: { windows: ['2026-10-29'] } })
  // Runs of the tests are newer than those of the world.
  await world.clock.advance(3_600_000)
  const project = {
    ...world.project,
    notify: NOTIFY,
    connections: {
      ...world.project.connections,
      drop: { kind: 'folder' as const, root: world.source, minimumAge: '0s', maxFileBytes: 1e6 },
    },
    pipelines: withHeadline(world.project.pipelines),
    locations: LocationsConfig.parse({ version: 1, locations: PLACES }),
  }
  return {
    world,
    project,
    async close() {
      await world.close()
      await transformer.close()
    },
  }
}

/** The same pipelines, with net sales as their main amount. */
function withHeadline(pipelines: Project['pipelines']): Project['pipelines'] {
  const headline = { stream: 'order_details', sum: 'amount', label: 'net sales' }
  return new Map([...pipelines].map(([name, config]) => [name, { ...config, headline }]))
}

/** The first order is opened at no time of day, so its row is rejected. */
function broken(name: string, text: string): string {
  return name === 'OrderDetails.csv' ? text.replace(/(\d{1,2}):(\d\d) (AM|PM)/, '25:61 $3') : text
}

/** Proves callers in another way than by their word. */
type Proving = (daybreak: Daybreak) => Promise<Pick<ApiContext, 'authentication' | 'tokens'>>

/** Context of the API whose callers say who they are. */
export function createTestContext(
  daybreak: Daybreak,
  project: Project,
  more: Partial<Pick<ApiContext, 'authentication' | 'tokens'>> = {},
) {
  const stopping = new AbortController()
  const context = createApiContext(daybreak, project, {
    authentication: {
      async authenticate(request) {
        const text = request.header('x-test-principal')
        if (text === undefined) throw new DaybreakError('UNAUTHENTICATED', 'the request carries no token')
        const principal: Principal = JSON.parse(text)
        return { ...principal, csrf: null }
      },
      expectNative: () => undefined,
      enter: () => {
        throw new DaybreakError('NOT_FOUND', 'there are no sessions')
      },
      issue: () => '',
      leave: () => null,
    },
    tokens: null,
    ...more,
    log: silent,
    runLog: { read: async function* () {}, link: () => null },
    version: '0',
    env: {},
    stopping: stopping.signal,
    maxBodyBytes: 1_048_576,
    program: PROGRAM,
    limits: UNLIMITED,
  })
  return { context, stop: () => stopping.abort() }
}

/** A server over a world whose callers say who they are, unless told: roles and scopes are tried with it. */
export async function startAs({ world, project }: Pick<ApiWorld, 'world' | 'project'>, proving?: Proving) {
  const daybreak = await world.open()
  const { context, stop } = createTestContext({ ...daybreak }, project, await proving?.(daybreak))
  const handler = apiHandler(async () => context)
  const server = await startServer({ handler, host: '127.0.0.1', port: 0, maxBodyBytes: 1_048_576 })
  return {
    ...{ daybreak, port: server.port },
    async close() {
      await server.drain(1_000, stop)
      await daybreak.close()
    },
  }
}
