import { KINDS } from '../pipeline/work/kinds.ts'

/** One thing that a request can ask for. */
export interface Route {
  /** Null for a route that answers every method. */
  readonly method: 'GET' | 'POST' | null
  /** `{id}` stands for the id of a resource. */
  readonly path: string
  /** `push`: Pub/Sub and Eventarc. `api`: people and programs. `none`: everybody, without a token. */
  readonly caller: 'push' | 'api' | 'none'
  /** Name of the function, and after a dot what it does. */
  readonly handler: string
  /** One sentence. */
  readonly doc: string
}

const WORK_ROUTES = Object.entries(KINDS).map(
  ([kind, { doc }]): Route => ({ method: 'POST', path: `/${kind}`, caller: 'push', handler: kind, doc }),
)

const PUSH_ROUTES = [
  {
    method: 'POST',
    path: '/file-arrival',
    caller: 'push',
    handler: 'fileArrival',
    doc: 'Files have arrived in a bucket.',
  },
  {
    method: 'POST',
    path: '/dead-letter',
    caller: 'push',
    handler: 'deadLetter',
    doc: 'The queue gave up on a message.',
  },
] as const satisfies readonly Route[]

const API_ROUTES = [
  {
    method: 'GET',
    path: '/dead-letter',
    caller: 'api',
    handler: 'deadLetter.list',
    doc: 'Messages that were given up on.',
  },
  {
    method: 'POST',
    path: '/dead-letter:replay',
    caller: 'api',
    handler: 'deadLetter.replay',
    doc: 'Send some of them, or all, again.',
  },
  {
    method: 'POST',
    path: '/backfill',
    caller: 'api',
    handler: 'backfill.create',
    doc: 'Begin a backfill. Answers 202 at once.',
  },
  { method: 'GET', path: '/backfill', caller: 'api', handler: 'backfill.list', doc: 'Backfills, the newest first.' },
  { method: 'GET', path: '/backfill/{id}', caller: 'api', handler: 'backfill.show', doc: 'One backfill.' },
  {
    method: 'POST',
    path: '/backfill/{id}:pause',
    caller: 'api',
    handler: 'backfill.pause',
    doc: 'Begin no further run of it.',
  },
  {
    method: 'POST',
    path: '/backfill/{id}:resume',
    caller: 'api',
    handler: 'backfill.resume',
    doc: 'Go on with one that is paused.',
  },
  { method: 'POST', path: '/backfill/{id}:cancel', caller: 'api', handler: 'backfill.cancel', doc: 'End it for good.' },
  {
    method: 'POST',
    path: '/backfill/{id}:retry',
    caller: 'api',
    handler: 'backfill.retry',
    doc: 'Begin again where it failed.',
  },
] as const satisfies readonly Route[]

const OPEN_ROUTES = [
  { method: null, path: '/health', caller: 'none', handler: 'health', doc: 'The process answers.' },
  {
    method: null,
    path: '/ready',
    caller: 'none',
    handler: 'health.ready',
    doc: 'The dependencies answer as well; 503 names those that do not.',
  },
  {
    method: null,
    path: '/healthz',
    caller: 'none',
    handler: 'health',
    doc: 'As `/health`. Google may answer it itself.',
  },
  {
    method: null,
    path: '/readyz',
    caller: 'none',
    handler: 'health.ready',
    doc: 'As `/ready`. Google may answer it itself.',
  },
] as const satisfies readonly Route[]

/** Names of the handlers of the API. */
export type ApiName = (typeof API_ROUTES)[number]['handler']
/** Names of the handlers that ask for no token. */
export type OpenName = (typeof OPEN_ROUTES)[number]['handler']

/** Everything that is served. The first route of a function has the path that stands for the function alone. */
export const ROUTES: readonly Route[] = [...WORK_ROUTES, ...PUSH_ROUTES, ...API_ROUTES, ...OPEN_ROUTES]

/** Routes of one path, and the id in it. */
interface Matched {
  readonly routes: readonly Route[]
  readonly id: string
}

const PATTERNS = ROUTES.map((route) => ({ route, pattern: patternOf(route) }))

function patternOf({ path }: Route): RegExp {
  return new RegExp(`^${path.replace('{id}', '(?<id>[A-Za-z0-9-]{1,64})')}/?$`)
}

/** The routes of a path, of all methods; null when it has none. */
export function matchPath(path: string): Matched | null {
  const found = PATTERNS.flatMap(({ route, pattern }) => {
    const match = pattern.exec(path)
    return match ? [{ route, id: match.groups?.['id'] ?? '' }] : []
  })
  const [first] = found
  return first ? { routes: found.map(({ route }) => route), id: first.id } : null
}

/** True where a request is for work or health. A page may have the path of a push: only what reads it asks with GET. */
export function isWorkRequest(path: string, method: string): boolean {
  const matched = matchPath(path)
  const isRead = method === 'GET' || method === 'HEAD'
  return matched !== null && !(isRead && matched.routes.every(({ caller }) => caller === 'push'))
}

/** The function that a route belongs to: what the Functions Framework registers. */
export function functionOf({ handler }: Route): string {
  return handler.split('.')[0] ?? ''
}

/** Where messages of a topic of `queue.topics`, or of its dead letters, are pushed to. @throws {TypeError} for another name. */
export function pushPath(topic: string): string {
  const path = `/${topic.replaceAll('_', '-')}`
  if (ROUTES.some((route) => route.caller === 'push' && route.path === path)) return path
  throw new TypeError(`queue.topics.${topic} has no route; add it to functions/handlers/routes.ts`)
}
