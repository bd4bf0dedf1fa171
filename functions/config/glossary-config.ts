import { z } from 'zod'
import { yamlObject } from '../lib/yaml-object.ts'

const Term = yamlObject({
  term: z.string().min(1).max(100).describe('The word, as people say it: net sales.'),
  meaning: z.string().min(1).max(2_000).describe('What it means, in a sentence or two.'),
  owner: z.string().min(1).optional().describe('Who decides what it means.'),
  synonyms: z.array(z.string().min(1).max(100)).default([]).describe('Other words for the same.'),
  columns: z
    .array(
      z
        .string()
        .regex(
          /^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/,
          'expected a column such as models.daily_sales.net_sales',
        ),
    )
    .default([])
    .describe('Columns that hold it: `models.<model>.<column>`, or `<pipeline>.<stream>.<column>`.'),
})

/** File config/glossary.yaml. */
export const GlossaryConfig = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  terms: z.array(Term).describe('Words of the business, and the columns that hold what they mean.'),
})
/** File config/glossary.yaml. */
export type GlossaryConfig = z.infer<typeof GlossaryConfig>

/** Path of the file from the folder of the project. */
export const GLOSSARY = 'config/glossary.yaml'
