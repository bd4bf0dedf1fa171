import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { problemsError } from '../config/problem.ts'
import type { Project } from '../config/project.ts'
import { toDaybreakError } from '../errors.ts'

/**
 * Lets the engine compile every contract of a project.
 * @throws {DaybreakError} CONFIG_INVALID; its message has one line for each contract that the engine refuses.
 */
export async function bindContracts({ contracts, environment }: Project): Promise<void> {
  const { openDuckdbTransformer } = await import('../adapters/duckdb/transformer/transformer.ts')
  const tempDir = await mkdtemp(join(tmpdir(), 'daybreak-validate-'))
  const { pieceBytes, memoryLimit } = environment.engine
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
