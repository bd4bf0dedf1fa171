import { z } from 'zod'
import { Identifier } from '../contract/contract.ts'
import { yamlObject } from '../lib/yaml-object.ts'

/** File of config/environments for views of one's own: all else is that of another environment. */
export const ModelEnvironmentConfig = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  environment: Identifier.max(30)
    .refine((name) => !['data', 'staging'].includes(name), { message: 'this is the name of a dataset of models' })
    .describe('Name of the file. Views are in the dataset `models_NAME`.'),
  models_of: Identifier.describe(
    'Environment whose ledger, tables and connections are used. Models that are equal there share one table.',
  ),
})
export type ModelEnvironmentConfig = z.infer<typeof ModelEnvironmentConfig>

/** True for the text of such a file. */
export function isModelEnvironment(text: string): boolean {
  return /^models_of\s*:/m.test(text)
}

/** Dataset of the views of such an environment. */
export function viewsOf(environment: string): string {
  return `models_${environment}`
}
