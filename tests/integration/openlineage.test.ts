import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openDuckdbTransformer } from '../../functions/adapters/duckdb/transformer/transformer.ts'
import { openGoogleLineage } from '../../functions/adapters/google-lineage/lineage.ts'
import { openLineageNames } from '../../functions/compose/lineage-sending.ts'
import { readCompiledModels } from '../../functions/compose/models.ts'
import type { LineageConfig } from '../../functions/config/lineage-config.ts'
import type { Project } from '../../functions/config/project.ts'
import { type RunEvent, runEvents } from '../../functions/models/lineage/openlineage.ts'
import type { Message } from '../../functions/pipeline/entities.ts'
import type { Ports, Transformer } from '../../functions/pipeline/ports.ts'
import { replay } from '../../functions/pipeline/work/replay.ts'
import { generateNight } from '../../mock/night.ts'
import { shippedSources } from '../support/catalog.ts'
import { at } from '../support/definition.ts'
import { openLineageJudge } from '../support/openlineage.ts'
import { schemasPresent } from '../support/published-schemas.ts'
import { type PushEndpoint, type Received, startPushEndpoint } from '../support/push-endpoint.ts'
import { createWorld, ROOT, type World } from '../support/world.ts'

const DATE = '2026-10-29'
const STREAMS = ['order_details', 'item_selection_details']
const BUILT = ['dayparts', 'order_facts']

let transformer: Transformer
beforeAll(async () => {
  transformer = await openDuckdbTransformer({ lanes: 1, memoryLimit: '256MB', tempDir: '.' })
})
afterAll(() => transformer.close())

interface Opened {
  readonly world: World
  readonly endpoint: PushEndpoint
  events(): readonly RunEvent[]
}

/** A world whose loads and builds are told to a receiver of this machine. */
async function opened(answer: (received: Received) => number | null = () => 201): Promise<Opened> {
  const endpoint = await startPushEndpoint(answer)
  const lineage: LineageConfig = { http: { url: `${endpoint.url}api/v1/lineage`, token: 'secret://lineage' } }
  const change = (project: Project): Project => ({
    ...project,
    environment: { ...project.environment, lineage },
  })
  const { models: compiled } = await readCompiledModels(ROOT)
  const models = new Map(Object.entries(compiled).filter(([name]) => BUILT.includes(name)))
  const world = await createWorld({ now: at('2026-10-30T18:00:00Z'), transformer, streams: STREAMS, models, change })
  onTestFinished(async () => {
    await world.close()
    await endpoint.close()
  })
  await mkdir(join(world.home, 'data/secrets'), { recursive: true })
  await writeFile(join(world.home, 'data/secrets/lineage'), 'a-token\n')
  const location = { id: '185001', name: 'East', timeZone: 'America/New_York', closeoutHour: 4 }
  const night = generateNight({ seed: 1, date: DATE, profile: 'small', scale: 0.2, closed: false, location })
  for (const { name, bytes } of night) await world.write(`185001/20261029/${name}`, bytes)
  const taken = () => endpoint.received.filter((one) => answer(one) === 201)
  return { world, endpoint, events: () => taken().map(({ body }) => JSON.parse(body)) }
}

const RUN = { scope: { windows: [DATE] } }
const about = (event: RunEvent) => {
  const { eventType, job } = JSON.parse(JSON.stringify(event))
  return `${eventType} ${job.name}`
}
const TOLD = [...STREAMS.map((stream) => `toast.${stream}`), ...BUILT.map((model) => `models.${model}`)]

async function messagesOf(world: World): Promise<readonly Message[]> {
  const daybreak = await world.open()
  try {
    return await daybreak.ports.ledger.messages({ kind: 'lineage' })
  } finally {
    await daybreak.close()
  }
}

describe('run events over HTTP', () => {
  it('tell of each load and each build once, with the token, and by the published schemas', async () => {
    const { world, endpoint, events } = await opened()
    await world.run(RUN)
    const told = events().map(about)
    for (const name of TOLD)
      for (const type of ['START', 'COMPLETE'])
        expect(told.filter((each) => each === `${type} ${name}`)).toHaveLength(1)
    expect(told).toHaveLength(new Set(told).size)
    expect(new Set(endpoint.received.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer a-token']))
    expect((await messagesOf(world)).every(({ state }) => state === 'done')).toBe(true)
    if (schemasPresent) expect(events().flatMap(openLineageJudge())).toEqual([])
    // Nothing changes, so there is nothing to tell.
    await world.run(RUN)
    expect(events().map(about)).toEqual(told)
  })

  it('come again after a receiver that is busy, under the same run id', async () => {
    let calls = 0
    const first = new Set<Received>()
    const { world, endpoint, events } = await opened((received) => {
      if (!first.has(received) && calls++ < 1) first.add(received)
      return first.has(received) ? 503 : 201
    })
    await world.run(RUN)
    expect(new Set(events().map(about))).toEqual(new Set(TOLD.flatMap((name) => [`START ${name}`, `COMPLETE ${name}`])))
    const refused = endpoint.received.filter((one) => first.has(one)).map(({ body }) => body)
    expect(refused).toHaveLength(1)
    expect(endpoint.received.filter(({ body }) => body === refused[0])).toHaveLength(2)
  })

  it('are not lost with the process that recorded them', async () => {
    const { world, endpoint, events } = await opened()
    const dying = (ports: Ports): Ports => ({
      ...ports,
      queue: {
        ...ports.queue,
        publish: async (messages) => await ports.queue.publish(messages.filter(({ work }) => work.kind !== 'lineage')),
      },
    })
    await world.run(RUN, dying)
    expect(endpoint.received).toEqual([])
    world.clock.advance(60_000)
    await world.run(RUN)
    expect(events().map(about).toSorted()).toEqual(
      TOLD.flatMap((name) => [`START ${name}`, `COMPLETE ${name}`]).toSorted(),
    )
  })

  it('that are refused hold nothing up: they are dead letters, with one incident, until they are replayed', async () => {
    let isRefusing = true
    const { world, events } = await opened(() => (isRefusing ? 403 : 201))
    expect(await world.run(RUN)).toMatchObject({ state: 'succeeded' })
    const daybreak = await world.open()
    onTestFinished(() => daybreak.close())
    const { ledger } = daybreak.ports
    const open = await ledger.incidents({ states: ['open'], kind: 'message' })
    expect(open.map(({ key }) => key).toSorted()).toEqual(['message/models/lineage/http', 'message/toast/lineage/http'])
    expect(open[0]?.reason).toMatchObject({ code: 'CATALOG_REFUSED', message: expect.stringContaining('answered 403') })
    expect(JSON.stringify(open)).not.toContain('a-token')
    isRefusing = false
    expect(await replay({ kind: 'lineage' }, { actor: 'ann' }, daybreak.ports)).toHaveLength(TOLD.length)
    await daybreak.drive(await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope: RUN.scope }))
    expect(new Set(events().map(about)).size).toBe(TOLD.length * 2)
  })

  it('tell of a load that failed for good, and why', async () => {
    const { world, events } = await opened()
    const failing = (ports: Ports): Ports => ({
      ...ports,
      destination: (name) => ({
        ...ports.destination(name),
        loadStatus: async () => ({ state: 'failed', permanent: true, message: 'the table is another', isGone: false }),
      }),
    })
    await world.run(RUN, failing)
    const failed = events().filter((event) => about(event) === 'FAIL toast.order_details')
    expect(failed).toHaveLength(1)
    expect(failed[0]).toMatchObject({
      run: { facets: { errorMessage: { message: expect.stringContaining('the table is another') } } },
    })
    expect(events().map(about)).not.toContain('COMPLETE toast.order_details')
  })
})

describe("Google's Data Lineage API", () => {
  const PATH = '/v1/projects/acme-data/locations/us:processOpenLineageRunEvent'

  /** Refuses as its documentation says: another path, more than 5 MB, an event of a data set, too many links, long names. */
  function statusOf({ path, headers, body }: Received): number {
    if (path !== PATH || headers['content-type'] !== 'application/json') return 404
    if (Buffer.byteLength(body) > 5 * 2 ** 20) return 400
    const { eventType, run, job, inputs = [], outputs = [], dataset } = JSON.parse(body)
    if (dataset !== undefined || !['START', 'COMPLETE', 'FAIL', 'ABORT', 'RUNNING', 'OTHER'].includes(eventType))
      return 400
    if (!run?.runId || !job?.namespace || !job?.name || inputs.length === 0 || outputs.length === 0) return 400
    const names = [...inputs, ...outputs].map(({ namespace, name }) => `${namespace}:${name}`)
    if (names.some((name) => name.length > 4_000)) return 400
    const links = outputs.flatMap(({ facets }: { facets: Record<string, never> }) => {
      const { fields = {}, dataset: rows = [] } = (facets['columnLineage'] ?? {}) as {
        fields?: Record<string, { inputFields: unknown[] }>
        dataset?: unknown[]
      }
      return [...Object.values(fields).flatMap(({ inputFields }) => inputFields), ...rows]
    })
    return links.length > 1_000 ? 400 : 200
  }

  async function server() {
    const endpoint = await startPushEndpoint(statusOf)
    onTestFinished(() => endpoint.close())
    return endpoint
  }

  it('takes the events of every stream and model', async () => {
    const endpoint = await server()
    const { url } = endpoint
    const receiver = openGoogleLineage({ project: 'acme-data', location: 'us', endpoint: url.replace(/\/$/, '') })
    const { graph, project } = await shippedSources()
    const names = openLineageNames(project)
    const tables = [...graph.nodes.values()].filter(({ id, kind }) => kind !== 'file' && graph.index.readsTo.has(id))
    for (const { id: table } of tables.filter(({ kind }) => kind !== 'exposure')) {
      const ended = { ...ENDED, table }
      for (const event of runEvents(ended, { graph, names, sql: null, owner: null })) await receiver.send(event)
    }
    expect(endpoint.received.length).toBeGreaterThan(30)
  })

  it('refuses by name what it does not take', async () => {
    const endpoint = await server()
    const receiver = openGoogleLineage({
      project: 'acme-data',
      location: 'eu',
      endpoint: endpoint.url.replace(/\/$/, ''),
    })
    await expect(receiver.send({})).rejects.toMatchObject({
      code: 'CATALOG_REFUSED',
      message: 'Data Lineage answered 404',
    })
    const away = openGoogleLineage({ project: 'acme-data', location: 'us', endpoint: 'http://127.0.0.1:9' })
    await expect(away.send({})).rejects.toMatchObject({ code: 'CATALOG_UNREACHABLE', retryable: true })
  })
})

const ENDED = {
  ...{ table: '', window: DATE, epoch: 1, startedAt: 1_000, endedAt: 2_000, rows: 1, bytes: null },
  ...{ totals: {}, checks: [], error: null },
}
