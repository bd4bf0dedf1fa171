import { allStreams } from '../../functions/config/config.ts'
import { loadProject, type Project } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { type Call, command, group } from '../command.ts'

const list = command({
  name: 'pipelines list',
  description: 'List the pipelines of the project: what each reads, writes and holds.',
  examples: ['daybreak pipelines list', 'daybreak pipelines list -o json'],
  async run(call) {
    const project = await projectOf(call)
    await call.output.rows({
      columns: ['pipeline', 'kind', 'source', 'destination', 'streams', 'description'],
      rows: [...project.pipelines.keys()].map((name) => summaryOf(project, name)),
    })
  },
})

const show = command({
  name: 'pipelines show',
  description: 'Show one pipeline: source, destination, schedule, and the streams that it expects.',
  args: { pipeline: { type: 'positional', description: 'Name of a pipeline.' } },
  examples: ['daybreak pipelines show toast'],
  async run(call) {
    const project = await projectOf(call)
    const name = call.args.pipeline
    const pipeline = project.pipelines.get(name)
    const known = [...project.pipelines.keys()]
    if (pipeline === undefined)
      throw new DaybreakError(
        'USAGE_INVALID',
        `there is no pipeline "${name}"; the project has ${known.join(', ')}.${didYouMean(name, known)}`,
        { details: { next: 'daybreak pipelines list' } },
      )
    const { streams: _, ...summary } = summaryOf(project, name)
    await call.output.record({
      ...summary,
      owner: pipeline.owner ?? null,
      file: `config/pipelines/${name}.yaml`,
      schedule: textOf(pipeline.schedule),
      streams: allStreams(pipeline).join(', '),
    })
  },
})

/** The pipelines that the YAML of a project declares. */
export const pipelines = group({
  name: 'pipelines',
  description: 'Pipelines of the project: list them, show one. Each is a file of config/pipelines.',
  commands: { list: async () => list, show: async () => show },
})

/** `daily 04:30, timeZone UTC, cut unit day`. */
function textOf(members: object): string {
  return Object.entries(members)
    .map(([key, value]) => `${key} ${typeof value === 'object' && value !== null ? textOf(value) : value}`)
    .join(', ')
}

async function projectOf({ options: { projectDir, environment }, context }: Call<unknown>): Promise<Project> {
  return await loadProject({ projectDir, environment, env: context.env, isForModels: true })
}

function summaryOf({ pipelines: all, environment }: Project, name: string) {
  const pipeline = all.get(name)
  if (pipeline === undefined) throw new TypeError(`no pipeline ${name}`)
  return {
    pipeline: name,
    kind: pipeline.kind ?? 'nightly',
    source: pipeline.source,
    destination: pipeline.destination ?? `${environment.warehouse.kind} of the environment`,
    streams: allStreams(pipeline).length,
    description: pipeline.description,
  }
}
