import { LocationsConfig } from '../config/config.ts'
import { diskFiles } from '../config/disk.ts'
import type { Environment } from '../config/interpolate.ts'
import { problemsError } from '../config/problem.ts'
import { readFile } from '../config/read-project.ts'
import type { Location } from '../pipeline/entities.ts'

/** The locations of `config/locations.yaml`; none where there is no such file. @throws {DaybreakError} CONFIG_INVALID. */
export async function configuredLocations(projectDir: string, env: Environment): Promise<Location[]> {
  const file = 'config/locations.yaml'
  const { value, problems } = await readFile(LocationsConfig, { root: projectDir, file, env, files: diskFiles })
  if (value === null && problems.some(({ code }) => code !== 'CONFIG_MISSING')) throw problemsError(problems)
  return (value?.locations ?? []).map(({ id, name, timeZone, closeoutHour }) => ({
    id,
    name,
    timeZone: timeZone,
    closeoutHour: closeoutHour,
  }))
}
