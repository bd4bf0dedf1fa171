import { firstLookOf } from '../../config/first-looks.ts'
import { isOptional, type PipelineDefinition, streamsOf } from '../../pipeline/definition.ts'
import { isTables } from '../../pipeline/tables/tools.ts'
import { findDefinition, wordsAnswer } from '../answers.ts'
import type { HandlersOf } from '../call.ts'
import type { ApiContext } from '../context.ts'
import type { PIPELINE_ROUTES } from '../contract/pipelines.ts'

/** Handlers of pipelines. */
export const PIPELINE_HANDLERS: HandlersOf<typeof PIPELINE_ROUTES> = {
  'GET /api/pipelines': async (_, context) => ({
    body: { pipelines: [...context.definitions.values()].map((definition) => pipelineAnswer(definition, context)) },
  }),
  'GET /api/pipelines/{pipeline}': async ({ path }, context) => {
    const definition = findDefinition(context, path.pipeline)
    const file = `config/pipelines/${definition.name}.yaml`
    return { body: { ...pipelineAnswer(definition, context), yaml: await context.fileText(file), file } }
  },
  'POST /api/pipelines:validate': async ({ record }, context) => {
    const problems = await context.validate()
    await record({ action: 'project.validate', subject: context.project.environment.environment })
    return { body: { ok: problems.length === 0, problems: [...problems] } }
  },
}

function pipelineAnswer(definition: PipelineDefinition, { project }: ApiContext) {
  const { name, config, contracts, shards } = definition
  const { environment, connections } = project
  const destination = config.destination === undefined ? environment.warehouse : connections[config.destination]
  const { sweepEvery, lateAfter, lookBack, retention } = config.schedule
  return {
    name,
    kind: config.kind ?? 'nightly',
    description: config.description,
    words: wordsAnswer(definition),
    source: {
      name: config.source,
      kind: definition.hasSource
        ? (connections[config.source]?.kind ?? environment.sources[config.source]?.kind ?? null)
        : null,
    },
    destination: { name: config.destination ?? 'warehouse', kind: destination?.kind ?? '' },
    schedule: { firstLook: firstLookOf(config), sweepEvery, lateAfter, lookBack, retention },
    streams: streamsOf(definition).map((name) => ({
      name,
      description: contracts.get(name)?.description ?? tableNamed(definition, name),
      optional: isOptional(definition, name),
    })),
    shards: shards.filter(({ delivery }) => delivery !== 'elsewhere').length,
  }
}

/** The table of a stream that has no contract. */
function tableNamed(definition: PipelineDefinition, stream: string): string {
  return isTables(definition) ? (definition.config.tables[stream]?.from ?? '') : ''
}
