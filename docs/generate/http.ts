import { ROUTES, type Route } from '../../functions/handlers/routes.ts'
import { KINDS } from '../../functions/pipeline/work/kinds.ts'
import { code, page, table } from './markdown.ts'

const CALLERS: Readonly<Record<Route['caller'], string>> = {
  push: 'an account of `http.push_accounts`',
  api: 'an account of `http.caller_accounts`',
  none: 'everybody',
}

/** docs/reference/http.md: every path, its callers, and the kinds of work that arrive by path. */
export function httpPage(): string {
  const intro =
    'Every path that the server answers. A method that a path does not take is answered with 405 and `Allow`, an unknown path with 404. Errors are problem documents with a code of [errors](errors.md).'
  const routes = ROUTES.map(({ method, path, caller, doc }) => [
    `${code(`${method ?? 'ANY'} ${path}`)}`,
    doc,
    CALLERS[caller],
  ])
  const kinds = Object.entries(KINDS).map(([name, { topic, waits }]) => [
    code(name),
    code(`queue.topics.${name}`),
    topic,
    waits ? 'waits' : 'does not wait',
  ])
  return [
    page('HTTP', intro, 'functions/handlers/routes.ts and functions/pipeline/work/kinds.ts'),
    table(['request', 'answer', 'who may ask'], routes),
    '',
    '## Kinds of work',
    '',
    table(['kind', 'topic', 'messages', 'a run'], kinds),
    '',
  ].join('\n')
}
