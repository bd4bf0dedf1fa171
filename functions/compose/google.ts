import type { EnvironmentConfig } from '../config/config.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'

/** Settings of `google` in an environment file. */
export type Google = NonNullable<EnvironmentConfig['google']>

/** Settings under `google`. The checks of a project require them wherever they are needed. */
export function googleOf({ environment }: Pick<Project, 'environment'>): Google {
  if (environment.google) return environment.google
  throw new DaybreakError('CONFIG_MISSING', `environment ${environment.environment} has no \`google\``)
}
