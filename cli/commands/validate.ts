import { bindContracts } from '../../functions/compose/bind-contracts.ts'
import { checkCatalogFiles } from '../../functions/compose/check-catalog-files.ts'
import { readModelSources } from '../../functions/compose/model-sources.ts'
import { examplesIn } from '../../functions/config/examples.ts'
import { placesOf } from '../../functions/config/expected-places.ts'
import { loadProject } from '../../functions/config/project.ts'
import { contractWarnings } from '../../functions/contract/warnings.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { command } from '../command.ts'

/** Reads every YAML file of the project, checks them against each other, and lets the engine bind every contract. */
export const validate = command({
  name: 'validate',
  description: 'Check all YAML of the project, and that every contract compiles. Changes nothing.',
  examples: ['daybreak validate', 'daybreak validate --env prod -o json'],
  async run({ options, context, output }) {
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env, isForModels: true })
    await bindContracts(project)
    await readModelSources(projectDir)
    await checkCatalogFiles(project)
    await output.rows({
      columns: ['pipeline', 'stream', 'file', 'columns', 'derived', 'checks'],
      rows: [...project.contracts].flatMap(([pipeline, contracts]) =>
        [...contracts.values()].map(({ stream, file, columns, derived, checks }) => ({
          pipeline,
          stream,
          file,
          columns: columns.length,
          derived: derived.length,
          checks: checks.length,
        })),
      ),
    })
    const checks = [...project.pipelines.values()].reduce((sum, pipeline) => sum + pipeline.checks.length, 0)
    const places = placesOf(project)
    const examples = examplesIn(project.environment)
    if (examples.length > 0)
      throw new DaybreakError(
        'CONFIG_INVALID',
        `config/environments/${environment}.yaml has ${examples.length} values that are still examples: ${examples.join(', ')}`,
        { details: { next: `daybreak validate -e ${environment}` } },
      )
    await output.text(
      `\nAll of it is valid in the environment ${environment}: ${places}, ${checks} ${checks === 1 ? 'check' : 'checks'} over several streams.`,
    )
    for (const [pipeline, contracts] of project.contracts)
      for (const contract of contracts.values())
        for (const { message } of contractWarnings(contract))
          await output.text(`Warning: ${pipeline}/${contract.stream}: ${message}.`)
    if (environment === 'local') await output.text('\nNext: daybreak doctor')
  },
})
