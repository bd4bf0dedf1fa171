import { z } from 'zod'
import { Contract } from '../contract/contract.ts'
import { DaybreakError } from '../errors.ts'
import { didYouMean } from '../lib/did-you-mean.ts'
import { ExposuresConfig } from '../models/exposure.ts'
import { ModelConfig } from '../models/model.ts'
import { ModelTests } from '../models/model-test.ts'
import { EnvironmentConfig, LocationsConfig, PipelineConfig } from './config.ts'
import { ConnectionsConfig } from './connections.ts'
import { DaypartsConfig } from './dayparts-config.ts'
import { EventsConfig } from './events-config.ts'
import { FiscalConfig } from './fiscal-config.ts'
import { GlossaryConfig } from './glossary-config.ts'
import { ModelEnvironmentConfig } from './model-environment.ts'
import { NotifyConfig } from './notify-config.ts'

/** Every kind of YAML file and its schema: what config/schema/<kind>.json is written from. */
export const SCHEMAS = {
  contract: Contract,
  pipeline: PipelineConfig,
  locations: LocationsConfig,
  connections: ConnectionsConfig,
  environment: EnvironmentConfig,
  model_environment: ModelEnvironmentConfig,
  events: EventsConfig,
  fiscal: FiscalConfig,
  dayparts: DaypartsConfig,
  glossary: GlossaryConfig,
  notify: NotifyConfig,
  model: ModelConfig,
  model_test: ModelTests,
  exposures: ExposuresConfig,
} as const satisfies Record<string, z.ZodType>

/** The JSON Schema of a kind of file, as text with a line end. @throws {DaybreakError} USAGE_INVALID for an unknown kind. */
export function schemaText(kind: string): string {
  const schema = Object.entries(SCHEMAS).find(([name]) => name === kind)?.[1]
  if (!schema) {
    const kinds = Object.keys(SCHEMAS)
    const message = `There is no schema "${kind}"; expected one of ${kinds.join(', ')}.${didYouMean(kind, kinds)}`
    throw new DaybreakError('USAGE_INVALID', message)
  }
  const title = `Daybreak ${kind}`
  const json = z.toJSONSchema(schema, {
    io: 'input',
    reused: 'inline',
    // An editor sees the text before variables are replaced.
    override({ jsonSchema }) {
      if (jsonSchema.pattern !== undefined) jsonSchema.pattern = `${jsonSchema.pattern}|\\$\\{`
    },
  })
  return `${JSON.stringify({ title, ...json }, null, 2)}\n`
}

/** Text of every schema by its path in a project. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map(Object.keys(SCHEMAS).map((kind) => [`config/schema/${kind}.json`, schemaText(kind)]))
}
