import { createContext } from '../../../functions/compose/context.ts'
import { compose } from '../../../functions/compose.ts'
import { loadProject } from '../../../functions/config/project.ts'
import type { ErrorCode } from '../../../functions/errors.ts'
import { envelope, LOCAL, LOCAL_TOKEN, post, serve } from '../pushes.ts'
import { type Drill, printed } from './drill.ts'
import { DATE, type Home } from './home.ts'

const BACKFILL = { pipeline: 'toast', startDate: DATE, endDate: DATE }
const KEY = { 'idempotency-key': 'k1' }

interface Asked {
  readonly path: string
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends requests to a server of this home, one after the other; returns the last answer. */
export async function ask(home: Home, ...requests: readonly Asked[]): Promise<string> {
  const env = { DAYBREAK_HOME: home.path('home') }
  const project = await loadProject({ projectDir: home.path('.'), environment: 'local', env })
  const daybreak = await compose(project, { clock: home.clock, log: () => undefined })
  const options = { stopping: new AbortController().signal, localToken: LOCAL_TOKEN }
  const server = await serve(createContext(daybreak.worker, project, options), 10_000)
  let answer = ''
  for (const { path, body, headers = LOCAL } of requests)
    answer = await post(server, path, body, headers).then(
      async (response) => `${response.status} ${await response.text()}`,
    )
  await server.drain(100, () => undefined)
  await daybreak.close()
  return answer
}

/** A request that is refused, and the one that its remedy asks for. */
function refused(wrong: readonly Asked[], right: Asked): Drill {
  return {
    provoke: (home) => ask(home, ...wrong),
    async person(home) {
      const answer = await ask(home, right)
      if (!answer.startsWith('2')) throw new Error(answer)
    },
  }
}

const begin = { path: '/backfill', body: BACKFILL, headers: { ...LOCAL, ...KEY } }

/** Drills of requests over HTTP to the server of one machine. */
export const REQUESTS = {
  REQUEST_INVALID: refused([{ ...begin, body: { ...BACKFILL, endDate: 'tomorrow' } }], begin),
  REQUEST_TOO_LARGE: refused([{ ...begin, body: { ...BACKFILL, more: 'x'.repeat(10_000) } }], begin),
  REQUEST_FOREIGN: refused([{ ...begin, headers: { ...begin.headers, origin: 'https://evil.test' } }], begin),
  UNAUTHENTICATED: {
    ...refused([{ ...begin, headers: { ...KEY, authorization: 'Bearer other' } }], begin),
    leaves: { 'daybreak open': 'signs a browser in; the request is one of a program' },
  },
  KEY_REUSED: refused([begin, { ...begin, body: { ...BACKFILL, force: true } }], {
    ...begin,
    headers: { ...LOCAL, 'idempotency-key': 'k2' },
  }),
  MESSAGE_INVALID: {
    async provoke(home) {
      await ask(home, { path: '/ingest', body: envelope({ message: 1 }) })
      return printed(await home.run('daybreak incidents list'))
    },
  },
} satisfies Partial<Record<ErrorCode, Drill>>
