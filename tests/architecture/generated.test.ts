import { readdirSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { generated } from '../../docs/generate/all.ts'
import { staleFiles } from '../../docs/generate.ts'
import { alternatives, type JsonSchema, toJsonSchema } from '../../functions/config/json-schema.ts'
import { SCHEMAS } from '../../functions/config/schemas.ts'
import { ERRORS } from '../../functions/errors.ts'

const pages = generated(process.cwd())

it('every generated file says what the code says; `npm run docs` writes them', async () => {
  expect(await staleFiles(process.cwd())).toEqual([])
})

it('a folder that has what is written by hand and nothing that is generated is stale from end to end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-docs-'))
  for (const place of ['contracts', 'pipelines', 'environments', 'locations.yaml']) {
    await cp(join('config', place), join(folder, 'config', place), { recursive: true })
  }
  expect(await staleFiles(folder)).toEqual([...(await pages).keys()])
  await rm(folder, { recursive: true })
})

it.each(Object.entries(SCHEMAS))('every key of a %s file is described', (_, schema) => {
  expect(undescribed(toJsonSchema(schema), '')).toEqual([])
})

const yamlFiles = readdirSync('config', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'))

it.each(yamlFiles)(
  'config/%s names the schema of its kind in its first line, and an editor finds no fault in it',
  (path) => {
    const text = readFileSync(join('config', path), 'utf8')
    const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? []
    const schema = join('config', dirname(path), named)
    expect(schema).toMatch(
      /^config\/schema\/(contract|pipeline|locations|environment|events|fiscal|dayparts|glossary|notify|model|model_test|exposures)\.json$/,
    )
    const seen = z.fromJSONSchema(JSON.parse(readFileSync(schema, 'utf8'))).safeParse(parse(text))
    expect(seen.error?.issues ?? []).toEqual([])
  },
)

it('the reference of errors has every code', async () => {
  const page = (await pages).get('docs/reference/errors.md') ?? ''
  expect(Object.keys(ERRORS).filter((code) => !page.includes(`## ${code}\n`))).toEqual([])
})

function undescribed(schema: JsonSchema, path: string): readonly string[] {
  return alternatives(schema).flatMap(({ properties = {}, items, prefixItems = [], additionalProperties }) => [
    ...Object.entries(properties).flatMap(([key, member]) => [
      ...(member.description ? [] : [`${path}.${key}`]),
      ...undescribed(member, `${path}.${key}`),
    ]),
    ...[items, ...prefixItems].flatMap((each) => (each ? undescribed(each, `${path}[]`) : [])),
    ...(typeof additionalProperties === 'object' ? undescribed(additionalProperties, `${path}.*`) : []),
  ])
}
