import type { EnvironmentConfig } from '../config/config.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'

/** Settings of `google` in an environment file. */
export type Google = NonNullable<EnvironmentConfig['google']>

/** What `google` says; the checks of a project see to it that it is there wherever it is needed. */
export function googleOf({ environment }: Pick<Project, 'environment'>): Google {
  if (environment.google) return environment.google
  throw new DaybreakError('CONFIG_MISSING', `environment ${environment.environment} has no \`google\``)
}
