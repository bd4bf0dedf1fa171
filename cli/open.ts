import { type ComposeOptions, compose, type Daybreak } from '../functions/compose.ts'
import { loadProject, type Project, type ProjectInput } from '../functions/config/project.ts'
import { DaybreakError } from '../functions/errors.ts'
import { didYouMean } from '../functions/lib/did-you-mean.ts'
import type { PipelineDefinition } from '../functions/pipeline/definition.ts'
import type { Call } from './command.ts'
import { createLog } from './log.ts'

/** Loads the project, opens its ports for the length of the work, and always closes them. */
export async function withDaybreak<Result>(
  { options, context }: Pick<Call, 'options' | 'context'>,
  work: (daybreak: Daybreak, project: Project) => Promise<Result>,
  { isForModels = false, files, ...more }: Partial<ComposeOptions> & Pick<ProjectInput, 'isForModels' | 'files'> = {},
): Promise<Result> {
  const { projectDir, environment } = options
  const project = await loadProject({ projectDir, environment, env: context.env, isForModels, ...(files && { files }) })
  const log = createLog(context.stderr, options, context.clock.now)
  const daybreak = await compose(project, { log, clock: context.clock, signal: context.signal, ...more })
  try {
    return await work(daybreak, project)
  } finally {
    await daybreak.close()
  }
}

/** The pipeline of that name; without a name, the only one. @throws {DaybreakError} USAGE_INVALID */
export function findPipeline(
  { definitions }: Pick<Daybreak, 'definitions'>,
  name: string | undefined,
): PipelineDefinition {
  return findNamed([...definitions.values()], name)
}

/** The one of that name; without a name, the only one. @throws {DaybreakError} USAGE_INVALID */
export function findNamed<Pipeline extends { readonly name: string }>(
  pipelines: readonly Pipeline[],
  name: string | undefined,
): Pipeline {
  const names = pipelines.map((pipeline) => pipeline.name)
  const wanted = name ?? (names.length === 1 ? names[0] : undefined)
  const found = pipelines.find((pipeline) => pipeline.name === wanted)
  if (found) return found
  const what =
    name === undefined ? 'there are several pipelines; name one' : `there is no pipeline ${JSON.stringify(name)}`
  const message = `${what}: ${names.join(', ')}.${name === undefined ? '' : didYouMean(name, names)}`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak validate' } })
}
