import { z } from 'zod'
import { yamlObject } from '../lib/yaml-object.ts'

const PolicyTag = z
  .string()
  .regex(
    /^projects\/[^/]+\/locations\/[^/]+\/taxonomies\/[^/]+\/policyTags\/[^/]+$/,
    'expected a policy tag such as projects/acme-data/locations/us/taxonomies/1/policyTags/2',
  )

/** Other catalogs of an environment. */
export const CatalogConfig = yamlObject({
  policy_tags: yamlObject({
    mask: PolicyTag.optional().describe('Of columns that are masked.'),
    hash: PolicyTag.optional().describe('Of columns that are hashed.'),
    drop: PolicyTag.optional().describe('Of columns whose values are left out.'),
  })
    .prefault({})
    .describe('Policy tags of BigQuery by class of privacy; Absent: `daybreak catalog push` sets none.'),
})
/** Other catalogs of an environment. */
export type CatalogConfig = z.infer<typeof CatalogConfig>
