import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../errors.ts'
import { HEAD_TOO_LARGE, statusOfCode } from '../http/problem.ts'
import { ERRORS_OF_ALL, type Example, type Route } from './contract/route.ts'
import { API } from './contract/routes.ts'
import { Problem } from './contract/values.ts'
import { strictBody } from './validate.ts'

/** JSON Schema or another object of the document. */
export type Json = Readonly<Record<string, unknown>>

/** Schemas that are referred to, by id. */
type Components = Record<string, Json>

/** Pure: the route table as an OpenAPI 3.1 document. */
export function openApi(): Json {
  const paths: Record<string, Record<string, Json>> = {}
  const components: Components = {}
  const problem = schemaOf(Problem, components)
  for (const [key, route] of Object.entries(API)) {
    const [method = '', path = ''] = key.split(' ')
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(method, path, { route, components }) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Daybreak',
      version: '1',
      description:
        'What arrived, what did not, and what became of it. Every error is a problem document of RFC 9457 with a code, a remedy and a runbook.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { session: [] }],
    tags: [...new Set(Object.keys(paths).map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...components, Problem: problem },
      responses: commonResponses(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'daybreak' },
      },
    },
  }
}

interface Described {
  readonly route: Route
  readonly components: Components
}

function operation(method: string, path: string, described: Described): Json {
  const { route, components } = described
  const status = route.status ?? 200
  return {
    operationId: operationIdOf(method, path),
    tags: [tagOf(path)],
    summary: route.summary,
    description: `Role: ${route.role}.`,
    ...(route.role === 'public' && { security: [] }),
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => pathParameter(name, route.examples[0])),
      ...queryParameters(described),
      ...headerParameters(method, route),
    ],
    ...(route.body && {
      requestBody: {
        required: !route.body.safeParse({}).success,
        content: {
          'application/json': {
            schema: schemaOf(strictBody(route.body), components, 'input'),
            examples: examplesOf(route),
          },
        },
      },
    }),
    responses: { [status]: success(described), ...failures(route) },
  }
}

function success({ route: { answer, status, types = [] }, components }: Described): Json {
  if (status === 204 || status === 101) return { description: status === 101 ? 'The socket is open.' : 'Done.' }
  const text = answer instanceof z.ZodString
  return {
    description: 'Success.',
    content: {
      ...(!text && { 'application/json': { schema: schemaOf(answer, components) } }),
      ...Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }])),
    },
  }
}

/** Problems of a route by status; statuses that mean the same for all routes are referred to. */
function failures({ errors }: Route): Json {
  const byStatus = [...Map.groupBy(new Set<ErrorCode>([...ERRORS_OF_ALL, ...errors]), statusOfCode)]
  const all = byStatus.map(([status, codes]) => {
    const isCommon = codes.every((code) => (ERRORS_OF_ALL as readonly ErrorCode[]).includes(code))
    return [status, isCommon ? common(status) : problemResponse(codes)] as const
  })
  return Object.fromEntries([...all, [HEAD_TOO_LARGE, common(HEAD_TOO_LARGE)] as const].toSorted(([a], [b]) => a - b))
}

function common(status: number): Json {
  return { $ref: `#/components/responses/Status${status}` }
}

function commonResponses(): Json {
  const byStatus = Map.groupBy<number, ErrorCode>(ERRORS_OF_ALL, statusOfCode)
  const all = [...byStatus, [HEAD_TOO_LARGE, ['REQUEST_TOO_LARGE']] as const]
  return Object.fromEntries(all.map(([status, codes]) => [`Status${status}`, problemResponse(codes)]))
}

function problemResponse(codes: readonly ErrorCode[]): Json {
  return {
    description: codes.map((code) => `${code}: ${ERRORS[code].meaning}`).join(' '),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}

function queryParameters({ route: { query, examples }, components }: Described): readonly Json[] {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...rest } = schemaOf(schema as z.ZodType, components)
    const example = examples.flatMap((each) => each.query?.[name] ?? [])[0]
    return {
      name,
      in: 'query',
      required: !(schema as z.ZodType).safeParse(undefined).success,
      ...(description !== undefined && { description }),
      schema: rest,
      ...(example !== undefined && rest['type'] === 'string' && { example }),
    }
  })
}

function headerParameters(method: string, { errors }: Route): readonly Json[] {
  if (errors.includes('PRECONDITION_REQUIRED'))
    return [header('If-Match', 'Version of the resource that was read, in quotes.', true)]
  if (method === 'POST' && errors.includes('KEY_REUSED'))
    return [header('Idempotency-Key', 'Names this attempt: sent again within 24 hours it gets the same answer.', false)]
  return []
}

function header(name: string, description: string, required: boolean): Json {
  return { name, in: 'header', description, required, schema: { type: 'string', maxLength: 255 } }
}

function pathParameter(name: string, { path = {} }: Example): Json {
  return { name, in: 'path', required: true, schema: { type: 'string', minLength: 1 }, example: path[name] }
}

function examplesOf({ examples }: Route): Json {
  return Object.fromEntries(
    examples.map(({ title, body = {} }, at) => [`example${at + 1}`, { summary: title, value: body }]),
  )
}

/** Name of an operation: words of its path and its method. */
function operationIdOf(method: string, path: string): string {
  const words = path.replace(/^\/api\//, '').split(/[^a-zA-Z]+/)
  const camel = words
    .filter((word) => word !== '')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('')
  return `${method.toLowerCase()}${camel}`
}

function tagOf(path: string): string {
  return /^\/api\/([a-z-]+)/.exec(path)?.[1] ?? 'api'
}

/** JSON Schema of a value. Schemas with an id stand once in the components, and are referred to. */
function schemaOf(schema: z.ZodType, components: Components, io: 'input' | 'output' = 'output'): Json {
  // An answer may gain members in a later release, so an object never forbids more of them.
  const made = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => {
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
      delete jsonSchema.id
    },
  })
  const text = JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/')
  const { $schema: _, $defs = {}, ...rest } = JSON.parse(text)
  Object.assign(components, $defs)
  return rest
}
