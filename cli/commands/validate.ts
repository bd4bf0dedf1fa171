import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { examplesIn } from '../../functions/config/examples.ts'
import { problemsError } from '../../functions/config/problem.ts'
import { loadProject, type Project } from '../../functions/config/project.ts'
import { contractWarnings } from '../../functions/contract/warnings.ts'
import { DaybreakError, toDaybreakError } from '../../functions/errors.ts'
import { command } from '../command.ts'
import { placesOf } from '../expected-places.ts'

/** Reads every YAML file of the project, checks them against each other, and lets the engine bind every contract. */
export const validate = command({
  name: 'validate',
  description: 'Check all YAML of the project, and that every contract compiles. Changes nothing.',
  examples: ['daybreak validate', 'daybreak validate --env prod -o json'],
  async run({ options, context, output }) {
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    await bindAll(project)
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
      `\nAll of it is valid in the environment ${environment}: ${places}, ${checks} checks over several streams.`,
    )
    for (const [pipeline, contracts] of project.contracts)
      for (const contract of contracts.values())
        for (const { message } of contractWarnings(contract))
          await output.text(`Warning: ${pipeline}/${contract.stream}: ${message}.`)
    if (environment === 'local') await output.text('\nNext: daybreak doctor')
  },
})

/** Lets the engine prove that each contract compiles. What it refuses after our own checks is told all at once. */
async function bindAll({ contracts, environment }: Project): Promise<void> {
  const { openDuckdbTransformer } = await import('../../functions/adapters/duckdb/transformer/transformer.ts')
  const tempDir = await mkdtemp(join(tmpdir(), 'daybreak-validate-'))
  const { piece_bytes: pieceBytes, memory_limit: memoryLimit } = environment.engine
  const transformer = await openDuckdbTransformer({ lanes: 1, pieceBytes, memoryLimit, tempDir })
  const all = [...contracts].flatMap(([pipeline, streams]) =>
    [...streams.values()].map((contract) => ({ pipeline, contract })),
  )
  try {
    const problems = []
    for (const { pipeline, contract } of all) {
      const error = await transformer.bind(contract).then(() => null, toDaybreakError)
      const file = `config/contracts/${pipeline}/${contract.stream}.yaml`
      if (error) problems.push({ file, line: 1, column: 1, code: 'CONFIG_INVALID' as const, message: error.message })
    }
    if (problems.length > 0) throw problemsError(problems)
  } finally {
    await transformer.close()
    await rm(tempDir, { recursive: true, force: true })
  }
}
