import { join } from 'node:path'
import { diskFiles } from '../config/disk.ts'
import { problemsError } from '../config/problem.ts'
import { readFile } from '../config/read-project.ts'
import { EXPOSURES, type Exposure, ExposuresConfig } from '../models/exposure.ts'

/**
 * Exposures as their file says them, also those of tables and columns that do not exist any more: a change that takes a column away
 * is to name who reads it.
 * @throws {DaybreakError} CONFIG_INVALID for a file that is none.
 */
export async function listExposures(projectDir: string): Promise<readonly Exposure[]> {
  if ((await diskFiles.read(join(projectDir, EXPOSURES))) === null) return []
  const reading = await readFile(ExposuresConfig, { root: projectDir, file: EXPOSURES, env: {}, files: diskFiles })
  if (reading.value === null) throw problemsError(reading.problems)
  return reading.value.exposures
}
