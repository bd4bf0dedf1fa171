import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { readPublished } from './published-schemas.ts'

const FOLDER = join(import.meta.dirname, '../../../shared/schemas/openlineage')

/** A judge of run events and each of their facets by the published schemas: problems, none for a valid event. */
export function openLineageJudge(): (event: Readonly<Record<string, unknown>>) => readonly string[] {
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  addFormats.default(ajv)
  for (const name of readdirSync(FOLDER)) ajv.addSchema(JSON.parse(readPublished(`openlineage/${name}`)))
  const problemsOf = (id: string, value: unknown): readonly string[] => {
    const validate = ajv.getSchema(id)
    if (!validate) return [`no schema is published as ${id}`]
    if (validate(value)) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${id} ${instancePath} ${message}`)
  }
  return (event) => {
    const facets: string[] = []
    JSON.stringify(event, (_, value: unknown) => {
      if (typeof value === 'object' && value !== null && '_schemaURL' in value && typeof value._schemaURL === 'string')
        facets.push(...problemsOf(value._schemaURL, value))
      return value
    })
    return [...problemsOf('https://openlineage.io/spec/2-0-2/OpenLineage.json', event), ...facets]
  }
}
