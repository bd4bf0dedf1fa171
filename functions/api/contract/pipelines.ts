import { z } from 'zod'
import { EXAMPLE, route } from './route.ts'
import { PipelineWords } from './status.ts'
import { Count, Name } from './values.ts'

/** A pipeline. */
export const Pipeline = z.object({
  name: Name,
  kind: z.string(),
  description: z.string(),
  words: PipelineWords,
  source: z.object({ name: Name, kind: z.string().nullable().describe('Null while the environment names none.') }),
  destination: z.object({ name: Name, kind: z.string() }),
  schedule: z
    .object({
      firstLook: z.string(),
      sweepEvery: z.string(),
      lateAfter: z.string(),
      lookBack: z.string(),
      retention: z.string().nullable(),
    })
    .describe('Times of day and durations as in the YAML; `retention` is null where the source deletes nothing.'),
  streams: z.array(z.object({ name: Name, description: z.string(), optional: z.boolean() })),
  shards: Count,
})

/** Routes of pipelines. */
export const PIPELINE_ROUTES = {
  'GET /api/pipelines': route({
    summary: 'All pipelines.',
    role: 'viewer',
    scope: 'none',
    answer: z.object({ pipelines: z.array(Pipeline) }),
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'All pipelines' }],
  }),
  'GET /api/pipelines/{pipeline}': route({
    summary: 'A pipeline with its YAML. Secrets appear by name only.',
    role: 'viewer',
    scope: 'none',
    answer: Pipeline.extend({ yaml: z.string(), file: z.string().describe('Path of the YAML in the project.') }),
    errors: ['NOT_FOUND'],
    examples: [{ title: 'One pipeline', path: { pipeline: EXAMPLE.pipeline } }],
  }),
  'POST /api/pipelines:validate': route({
    summary: 'Check the files of the project as `daybreak validate` does.',
    role: 'viewer',
    scope: 'none',
    body: z.object({}),
    answer: z.object({
      ok: z.boolean(),
      problems: z.array(z.object({ place: z.string().describe('`file:line:column`.'), message: z.string() })),
    }),
    errors: ['REQUEST_INVALID'],
    examples: [{ title: 'Is the configuration sound?', body: {} }],
  }),
} as const
