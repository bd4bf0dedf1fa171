import { z } from 'zod'
import { yamlObject } from '../lib/yaml-object.ts'
import { Secret } from './scalars.ts'

/** Receivers of run events of an environment. */
export const LineageConfig = yamlObject({
  http: yamlObject({
    url: z
      .url({ protocol: /^https?$/ })
      .describe('Address that events are posted to, e.g. `https://marquez.example.com/api/v1/lineage`.'),
    private: z
      .boolean()
      .optional()
      .describe('True for a receiver in a private network. Else only addresses of the public internet get events.'),
    token: Secret.optional().describe('Bearer token of the receiver. Absent: none is sent.'),
  })
    .optional()
    .describe('A receiver of OpenLineage: Marquez, DataHub, OpenMetadata and others.'),
  google: yamlObject({
    location: z
      .string()
      .regex(/^([a-z]{2}|[a-z]+-[a-z]+\d{1,2})$/, 'expected a location such as `us` or `us-central1`')
      .describe('Location of the Data Lineage API; that of the datasets.'),
  })
    .optional()
    .describe("Google's Data Lineage API in the project of `google`."),
})
/** Receivers of run events of an environment. */
export type LineageConfig = z.infer<typeof LineageConfig>
