import type { HttpFunction } from '@google-cloud/functions-framework'
import { type Api, callHandler } from '../http/call.ts'
import { invalid, sendProblem } from '../http/problem.ts'
import { BACKFILL_API } from './backfill.ts'
import type { HandlerContext, OpenContext } from './context.ts'
import { DEAD_LETTER_API, deadLetterHandler } from './dead-letter.ts'
import { fileArrivalHandler } from './file-arrival.ts'
import { healthHandler, readyHandler } from './health.ts'
import { messageHandler } from './message.ts'
import { type ApiName, functionOf, matchPath, type OpenName, ROUTES, type Route } from './routes.ts'

type Handler = (open: OpenContext) => HttpFunction

const API: Readonly<Record<ApiName, Api<HandlerContext>>> = { ...BACKFILL_API, ...DEAD_LETTER_API }
const OPEN: Readonly<Record<OpenName, Handler>> = { health: () => healthHandler, 'health.ready': readyHandler }
/** Handlers of pushes that are no kind of work. */
const PUSHES: ReadonlyMap<string, Handler> = new Map(
  Object.entries({ fileArrival: fileArrivalHandler, deadLetter: deadLetterHandler }),
)

/** Answers a request as if it asked for this path. */
type Dispatch = (path: string, ...call: Parameters<HttpFunction>) => unknown

/** All functions, by the names that they are registered under. Each also answers alone, with its first path as the root. */
export function createHandlers(open: OpenContext): Readonly<Record<string, HttpFunction>> {
  const dispatch = dispatcher(open)
  const roots = new Map(ROUTES.toReversed().map((route) => [functionOf(route), route.path]))
  return Object.fromEntries(
    [...roots].map(([name, root]) => {
      const pathOf = (path: string) => {
        const isOwn = matchPath(path)?.routes.some((route) => functionOf(route) === name)
        return isOwn ? path : `${root}${path === '/' ? '' : path}`
      }
      return [name, (request, response) => dispatch(pathOf(request.path), request, response)]
    }),
  )
}

/** One function for all paths: what a container serves. */
export function byPath(open: OpenContext): HttpFunction {
  const dispatch = dispatcher(open)
  return (request, response) => dispatch(request.path, request, response)
}

function dispatcher(open: OpenContext): Dispatch {
  const handlers = new Map(ROUTES.map((route) => [route, bind(route, open)]))
  return (path, request, response) => {
    const matched = matchPath(path)
    if (matched === null) return sendProblem(response, invalid(`there is no ${path.slice(0, 100)}`), 404)
    const route = matched.routes.find(({ method }) => method === null || method === request.method)
    const handler = route ? handlers.get(route)?.(matched.id) : notAllowed(matched.routes, open)
    return handler?.(request, response)
  }
}

/** The function of a route, given the id in its path. */
function bind(route: Route, open: OpenContext): (id: string) => HttpFunction {
  const { caller, handler } = route
  if (isApi(handler)) return (id) => callHandler(open, { api: API[handler], id })
  const make = isOpen(handler)
    ? OPEN[handler]
    : (PUSHES.get(handler) ?? ((context) => messageHandler(handler, context)))
  const bound = make(open)
  if (caller === 'api') throw new TypeError(`${handler} is no handler of the API`)
  return () => bound
}

function isApi(name: string): name is ApiName {
  return Object.hasOwn(API, name)
}

function isOpen(name: string): name is OpenName {
  return Object.hasOwn(OPEN, name)
}

/** 405 with the methods of the path. The API tells them to accounts that it knows. */
function notAllowed(routes: readonly Route[], open: OpenContext): HttpFunction {
  const allow = routes.flatMap(({ method }) => method ?? []).join(', ')
  if (routes.some(({ caller }) => caller === 'api')) return callHandler(open, { api: null, allow })
  return (_, response) => void response.status(405).setHeader('Allow', allow).end()
}
