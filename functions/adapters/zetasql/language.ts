import { z } from 'zod'
import type { ZetasqlServer } from './client.ts'
import { toType } from './values.ts'

const Language = z.looseObject({ enabledLanguageFeatures: z.array(z.string()) })

// What the evaluator knows and BigQuery does not.
const NOT_BIGQUERY = [
  'FEATURE_ENCRYPTION',
  'FEATURE_TIMESTAMP_NANOS',
  'FEATURE_SPANNER_LEGACY_DDL',
  'FEATURE_EXPERIMENTAL_MODULES',
  'FEATURE_V_1_4_SQL_MACROS',
  'FEATURE_PROTO_BASE',
  'FEATURE_ANONYMIZATION',
]
// Known to BigQuery, and off in what the server calls all features.
const ALSO_BIGQUERY = [
  'FEATURE_V_1_3_COLUMN_DEFAULT_VALUE',
  'FEATURE_INTERVAL_TYPE',
  'FEATURE_ALTER_COLUMN_SET_DATA_TYPE',
]

/** The language of BigQuery, as far as the server knows it, with the kinds of statements to accept. */
export async function bigqueryLanguage(server: ZetasqlServer, statements: readonly string[]): Promise<object> {
  const everything = Language.parse(await server.call('GetLanguageOptions', { maximumFeatures: true }))
  const features = everything.enabledLanguageFeatures.filter((name) => !NOT_BIGQUERY.includes(name))
  return {
    ...everything,
    productMode: 'PRODUCT_EXTERNAL',
    enabledLanguageFeatures: [...new Set([...features, ...ALSO_BIGQUERY])],
    supportedStatementKinds: statements,
    supportedGenericEntityTypes: [],
  }
}

/** Options of a call with that language. Parameters have the names of their types. */
export function optionsOf(languageOptions: object, parameters: Readonly<Record<string, string>>): object {
  return {
    languageOptions,
    defaultTimezone: 'UTC',
    errorMessageMode: 'ERROR_MESSAGE_ONE_LINE',
    queryParameters: Object.entries(parameters).map(([name, type]) => ({ name, type: toType(type) })),
  }
}
