import { z } from 'zod'
import { yamlObject } from '../lib/yaml-object.ts'
import { Secret } from './scalars.ts'

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
  openmetadata: yamlObject({
    url: z
      .url({ protocol: /^https?$/ })
      .describe('Address of its REST API, e.g. `https://openmetadata.example.com/api`.'),
    token: Secret.describe('Token of a bot of OpenMetadata.'),
    service: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'expected a name such as `daybreak`')
      .default('daybreak')
      .describe('Database service that the tables stand below, and name of the glossary. Made if it is absent.'),
  })
    .optional()
    .describe('An OpenMetadata that `daybreak catalog push --to openmetadata` writes to.'),
})
/** Other catalogs of an environment. */
export type CatalogConfig = z.infer<typeof CatalogConfig>
