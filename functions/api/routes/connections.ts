import { tableKindsOf } from '../../config/connections.ts'
import { listConnections } from '../../config/list-connections.ts'
import { DaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import { countDays } from '../../lib/business-date.ts'
import { streamsOf } from '../../pipeline/definition.ts'
import { defaultRange } from '../../pipeline/views/status.ts'
import { expectKnown, findDefinition } from '../answers.ts'
import type { HandlersOf } from '../call.ts'
import type { CONNECTION_ROUTES } from '../contract/connections.ts'

const MOST_DAYS = 31

/** Handlers of connections and comparisons. */
export const CONNECTION_HANDLERS: HandlersOf<typeof CONNECTION_ROUTES> = {
  'GET /api/connections': async (_, { project }) => ({
    body: {
      connections: listConnections(project).map(({ roles, uses, ...connection }) => ({
        ...connection,
        roles: [...roles],
        uses: [...uses],
        mayTest: tableKindsOf('source').includes(connection.kind),
      })),
    },
  }),
  'POST /api/connections/{name}:test': async ({ path, record }, context) => {
    const known = listConnections(context.project).find(({ name }) => name === path.name)
    if (!known) throw new DaybreakError('NOT_FOUND', `there is no connection ${JSON.stringify(path.name)}`)
    const tested = await context.testConnection(known.name)
    await record({
      ...{ action: 'connection.test', subject: known.name, details: tested.ok ? 'it answered' : tested.code },
    })
    if (!tested.ok) {
      const { code, message, remedy } = tested
      const nothing = { version: null, isEncrypted: null, milliseconds: null, mayWrite: null }
      return { body: { ok: false, message, code, remedy, ...nothing } }
    }
    const { version, isEncrypted, milliseconds, mayWrite } = tested
    const message = mayWrite
      ? `${known.name} answers. The login may change tables; a source needs SELECT and no more.`
      : `${known.name} answers.`
    return { body: { ok: true, message, code: null, remedy: null, version, isEncrypted, milliseconds, mayWrite } }
  },
  'POST /api/pipelines/{pipeline}:compare': async ({ path, body, record }, context) => {
    const definition = findDefinition(context, path.pipeline)
    expectKnown('streams', body.streams, streamsOf(definition))
    const usual = await defaultRange(definition, context.ports)
    const range = { from: body.from ?? usual.from, to: body.to ?? usual.to }
    const days = countDays(range.from.slice(0, 10), range.to.slice(0, 10))
    if (days < 1 || days > MOST_DAYS) throw invalid(`from, to: ${days} days; expected 1 to ${MOST_DAYS}`)
    const began = context.now()
    const { streams, keys } = body
    const compared = await context.compare(definition, { streams, keys, range })
    const seconds = Math.round((context.now() - began) / 100) / 10
    const details = compared.isEqual ? 'equal' : 'different'
    await record({ action: 'pipeline.compare', subject: definition.name, details })
    return { body: { ...compared, seconds } }
  },
}
