import { DBT } from './dbt.ts'
import type { ContractFormat } from './format.ts'
import { GREAT_EXPECTATIONS } from './great-expectations/project.ts'
import { JSON_SCHEMA } from './json-schema.ts'
import { ODCS } from './odcs/odcs.ts'
import { OPENMETADATA } from './openmetadata.ts'
import { TYPESCRIPT } from './typescript.ts'

/** Every form that contracts are exported in, by its name. */
export const FORMATS: Readonly<Record<string, ContractFormat>> = Object.fromEntries(
  [JSON_SCHEMA, ODCS, DBT, GREAT_EXPECTATIONS, OPENMETADATA, TYPESCRIPT].map((format) => [format.name, format]),
)
