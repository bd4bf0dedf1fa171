import { z } from 'zod'
import { ERRORS_OF_ALL, type Route } from '../../functions/api/contract/route.ts'
import { API, type ApiKey } from '../../functions/api/contract/routes.ts'
import { exampleText } from '../../functions/api/docs.ts'
import { LIMITS } from '../../functions/api/limits.ts'
import { code, page, table } from './markdown.ts'

/** docs/reference/api.md: every route with its role, parameters, errors and examples as lines of curl. */
export function apiPage(): string {
  const intro = [
    'Every route of the API. [api.md](../api.md) says how to sign in, page and write; [openapi.json](openapi.json) has the schemas.',
    `Each route may also answer ${ERRORS_OF_ALL.map(code).join(', ')}; [errors.md](errors.md) says what to do about a code.`,
  ].join('\n')
  const routes = Object.entries(API) as [ApiKey, Route][]
  const groups = Map.groupBy(routes, ([key]) => key.split('/')[2]?.split(':')[0] ?? '')
  const sections = [...groups].map(([name, own]) => `## ${name}\n\n${own.map(routeText).join('\n')}`)
  return [
    page('API', intro, 'functions/api/contract and functions/api/limits.ts'),
    '## Limits\n',
    `${limitsTable()}\n`,
    ...sections,
  ].join('\n')
}

function limitsTable(): string {
  const rows = Object.entries(LIMITS).map(([kind, { perSecond, burst }]) => [kind, rateText(perSecond), String(burst)])
  return table(['requests of a caller', 'on average', 'at once'], rows)
}

/** A rate by the shortest span that makes it a whole number. */
function rateText(perSecond: number): string {
  if (perSecond >= 1) return `${perSecond} a second`
  return perSecond * 60 >= 1 ? `${Math.round(perSecond * 60)} a minute` : `${Math.round(perSecond * 3600)} an hour`
}

function routeText([key, { summary, role, scope, query, types = [], status = 200, errors, examples }]: [
  ApiKey,
  Route,
]): string {
  const media = types.length > 0 ? ` Also as ${types.map(code).join(', ')}.` : ''
  const whole = scope === 'whole' ? ' The caller must see all locations.' : ''
  const calls = examples.map((example) => `# ${example.title}\n${exampleText(key, example)}`)
  return [
    `### ${key}\n`,
    `${summary}\n`,
    `Role: ${code(role)}.${whole} Success: ${status}.${media}\n`,
    ...(query ? [`${parametersTable(query)}\n`] : []),
    `Errors: ${errors.map(code).join(', ')}.\n`,
    `\`\`\`sh\n${calls.join('\n')}\n\`\`\`\n`,
  ].join('\n')
}

function parametersTable({ shape }: z.ZodObject): string {
  const rows = Object.entries(shape).map(([name, schema]) => [
    code(name),
    schema instanceof z.ZodType ? (schema.description ?? '') : '',
    schema instanceof z.ZodType && schema.safeParse(undefined).success ? '' : 'yes',
  ])
  return table(['query', 'meaning', 'needed'], rows)
}
