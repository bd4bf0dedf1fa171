import type { HttpFunction } from '@google-cloud/functions-framework'
import { setSecurityHeaders } from '../http/security.ts'
import { addressOf } from './contract/client.ts'
import { ERRORS_OF_ALL, type Example, type Route } from './contract/route.ts'
import { API, type ApiKey } from './contract/routes.ts'
import { codeOf, escapeHtml, wholePage } from './page.ts'

/** The reference of the API as a page. It holds nothing of the project, so that it needs no session. */
export const docsHandler: HttpFunction = (_, response) => {
  setSecurityHeaders(response)
  response.setHeader('Cache-Control', 'no-cache')
  response.status(200).setHeader('Content-Type', 'text/html; charset=utf-8').end(docsPage())
}

/** Pure: all routes with role, parameters, errors and examples, rendered on the server: no script, no style, no library. */
export function docsPage(): string {
  const routes = Object.entries(API) as [ApiKey, Route][]
  const groups = Map.groupBy(routes, ([key]) => key.split('/')[2]?.split(':')[0] ?? '')
  const links = [...groups.keys()].map((name) => `<a href="#${name}">${name}</a>`).join(' · ')
  const sections = [...groups].map(([name, own]) => `<h2 id="${name}">${name}</h2>\n${own.map(routeHtml).join('\n')}`)
  const intro = [
    'Every error is a problem document (RFC 9457) with `code`, `remedy`, `runbook` and the id of the request as `instance`.',
    `Each route may also answer ${ERRORS_OF_ALL.map((code) => `\`${code}\``).join(', ')}.`,
    'A write sends JSON. With an `Idempotency-Key` it is done once, however often it is sent.',
  ]
  const body = [
    '<h1>Daybreak API</h1>',
    '<p><a href="/api/openapi.json">OpenAPI 3.1</a> · <a href="/">Dashboard</a></p>',
    ...intro.map((line) => `<p>${codeOf(escapeHtml(line))}</p>`),
    `<p>${links}</p>`,
    ...sections,
  ]
  return wholePage('Daybreak API', body.join('\n'))
}

function routeHtml([key, route]: [ApiKey, Route]): string {
  const { summary, role, query, body, errors, examples, types = [] } = route
  const lines = [
    `<h3><code>${escapeHtml(key)}</code></h3>`,
    `<p>${codeOf(escapeHtml(summary))} Role: ${role}.</p>`,
    ...(query
      ? [
          listHtml(
            'Query',
            Object.entries(query.shape).map(([name, schema]) => parameterText(name, schema)),
          ),
        ]
      : []),
    ...(body ? ['<p>Body: JSON, see the examples.</p>'] : []),
    ...(types.length > 0 ? [`<p>Also as ${types.map((type) => `<code>${type}</code>`).join(', ')}.</p>`] : []),
    `<p>Errors: ${errors.map((code) => `<code>${code}</code>`).join(', ')}</p>`,
    ...examples.map(
      (example) => `<p>${escapeHtml(example.title)}</p>\n<pre>${escapeHtml(exampleText(key, example))}</pre>`,
    ),
  ]
  return `<section>\n${lines.join('\n')}\n</section>`
}

function parameterText(name: string, schema: { readonly description?: string | undefined }): string {
  return `<code>${escapeHtml(name)}</code> ${codeOf(escapeHtml(schema.description ?? ''))}`
}

function listHtml(title: string, items: readonly string[]): string {
  return `<p>${title}</p>\n<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`
}

/** Pure: an example as a command line of curl. */
export function exampleText(key: ApiKey, { path = {}, query = {}, body }: Example): string {
  const { method, url } = addressOf(key, { path, query })
  const address = `"http://127.0.0.1:4747${url}"`
  const token = `-H "Authorization: Bearer $(cat "\${DAYBREAK_HOME:-.daybreak}/token")"`
  if (method === 'GET') return `curl ${token} ${address}`
  const { errors }: Route = API[key]
  const version = errors.includes('PRECONDITION_REQUIRED') ? ` -H 'If-Match: "0"'` : ''
  const data = body === undefined ? "'{}'" : `'${JSON.stringify(body).replaceAll("'", "'\\''")}'`
  return `curl -X ${method} ${token} -H "Content-Type: application/json"${version} -d ${data} ${address}`
}
