import { join } from 'node:path'
import { diskFiles } from '../config/disk.ts'
import { problemsError } from '../config/problem.ts'
import { readFile } from '../config/read-project.ts'
import { EXPOSURES, type Exposure, ExposuresConfig } from '../models/exposure.ts'
import { modelOf, streamsOfModels } from '../models/order.ts'
import { readCompiledModels } from './models.ts'

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

/**
 * Exposures that show something of a pipeline: a table of it, or a model that is made of one.
 * @throws {DaybreakError} CONFIG_INVALID for a file that is none.
 */
export async function exposuresOfPipeline(projectDir: string, pipeline: string): Promise<readonly Exposure[]> {
  const exposures = await listExposures(projectDir)
  if (exposures.length === 0) return exposures
  const streams = streamsOfModels(new Map(Object.entries((await readCompiledModels(projectDir)).models)))
  const isOwn = (table: string): boolean => table.startsWith(`${pipeline}.`)
  return exposures.filter(({ reads }) =>
    reads.some(({ table }) => isOwn(table) || [...(streams.get(modelOf({ table }) ?? '') ?? [])].some(isOwn)),
  )
}
