import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const ROOT = join(import.meta.dirname, '../../../shared/schemas')

/** True where the schemas that others publish are next to the repository. */
export const schemasPresent = existsSync(join(ROOT, 'README.md'))

/** The text of a published file. */
export const readPublished = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** A judge of a published JSON Schema, of the draft that the schema names. */
export function publishedSchema(path: string): ValidateFunction {
  return validatorOf(JSON.parse(readPublished(path)))
}

/** A judge of a JSON Schema. Every keyword must be one of its draft. */
export function validatorOf(schema: { readonly $schema?: string }): ValidateFunction {
  const draft = schema.$schema ?? ''
  const options = { allErrors: true, strict: false, verbose: true }
  const ajv = draft.includes('2020-12')
    ? new Ajv2020(options)
    : draft.includes('2019-09')
      ? new Ajv2019(options)
      : new Ajv(options)
  addFormats.default(ajv)
  return ajv.compile(schema)
}

/** Problems of a value by a judge, as `place message`; none when the value is right. */
export function problemsBy(validate: ValidateFunction, value: unknown): readonly string[] {
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
