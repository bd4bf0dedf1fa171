import type { Route } from './contract/route.ts'
import { API, type ApiKey } from './contract/routes.ts'

/** A route and the values in its path. */
export interface MatchedRoute {
  readonly key: ApiKey
  readonly route: Route
  readonly path: Readonly<Record<string, string>>
}

/** A path of the API: its route for a method, or the methods that it takes. */
export type RouteMatch =
  | { readonly kind: 'route'; readonly matched: MatchedRoute }
  | { readonly kind: 'method'; readonly allow: string }
  | { readonly kind: 'none' }

const ROUTES = (Object.keys(API) as ApiKey[]).map((key) => {
  const [method = '', path = ''] = key.split(' ')
  return { key, method, pattern: patternOf(path) }
})

/** Values in a path are encoded, so a colon in it always begins a verb. */
function patternOf(path: string): RegExp {
  const escaped = path.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/:?#]{1,300})')
  return new RegExp(`^${escaped}$`)
}

/** Pure: the route of a method and a path as it stands in the request. */
export function matchRoute(method: string, path: string): RouteMatch {
  const found = ROUTES.flatMap(({ key, method: own, pattern }) => {
    const match = pattern.exec(path)
    return match ? [{ key, method: own, groups: match.groups ?? {} }] : []
  })
  const [first] = found
  if (first === undefined) return { kind: 'none' }
  const route = found.find((each) => each.method === (method === 'HEAD' ? 'GET' : method))
  if (!route) return { kind: 'method', allow: found.map((each) => each.method).join(', ') }
  const values = decodeAll(route.groups)
  return values === null
    ? { kind: 'none' }
    : { kind: 'route', matched: { key: route.key, route: API[route.key], path: values } }
}

function decodeAll(groups: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]))
  } catch {
    return null
  }
}
