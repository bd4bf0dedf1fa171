import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readModelSources } from '../../../functions/compose/model-sources.ts'
import { compileSeed } from '../../../functions/models/seed.ts'
import { digestOf } from '../../../functions/models/source.ts'
import { testFolder } from '../../support/folder.ts'

const MODEL = `version: 1
model: dayparts
description: Parts of the day.
rows_from: dayparts
key: [from_hour]
columns:
  - { name: from_hour, type: int64, description: A. }
  - { name: to_hour, type: int64, description: B. }
  - { name: daypart, type: string, description: C. }
`
const PARTS =
  'version: 1\ndayparts:\n  - { name: Day, from_hour: 0 }\n  - { name: "Late, \\"after\\" show", from_hour: 22 }\n'

async function sourcesOf(files: Readonly<Record<string, string>>) {
  const folder = await testFolder()
  for (const [path, text] of Object.entries({ 'config/models/seeds/dayparts.yaml': MODEL, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return await readModelSources(folder)
}

describe('a model whose rows are made from configuration', () => {
  it('is a seed of these rows, with commas and quotes in a name as well', async () => {
    const [source] = await sourcesOf({ 'config/dayparts.yaml': PARTS })
    if (!source) throw new TypeError('the folder has one model')
    expect(source).toMatchObject({ form: 'csv', body: { file: 'config/dayparts.yaml' } })
    const { duckdb } = compileSeed(source.body, source.config.columns)
    expect(duckdb).toContain(`CAST('Late, "after" show' AS VARCHAR)`)
    expect(duckdb.match(/SELECT/g)).toHaveLength(2)
  })

  it('is another one when a row changes, and the same one when a comment does', async () => {
    const digest = async (text: string) => (await sourcesOf({ 'config/dayparts.yaml': text })).map(digestOf)
    const before = await digest(PARTS)
    expect(await digest(`# Since May.\n${PARTS}`)).toEqual(before)
    expect(await digest(PARTS.replace('22', '23'))).not.toEqual(before)
  })

  it('names the place of what is wrong in the file of configuration', async () => {
    await expect(sourcesOf({ 'config/dayparts.yaml': PARTS.replace('22', '24') })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('config/dayparts.yaml:4:48'),
    })
  })

  it('needs that file', async () => {
    await expect(sourcesOf({})).rejects.toThrow('config/dayparts.yaml:1:1')
  })

  it('has no file next to it', async () => {
    const files = { 'config/dayparts.yaml': PARTS, 'config/models/seeds/dayparts.csv': 'from_hour,to_hour,daypart\n' }
    await expect(sourcesOf(files)).rejects.toThrow(
      /config\/models\/seeds\/dayparts\.yaml:4:12.*the rows come from config\/dayparts\.yaml; remove dayparts\.csv/s,
    )
  })
})
