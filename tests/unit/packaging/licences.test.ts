import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { licencesText, packageFolders, readCarried } from '../../../packaging/licences.ts'
import { packageManifest } from '../../../packaging/manifest.ts'
import { testFolder } from '../../support/folder.ts'

const carried = (licence: string) => ({ name: 'left', version: '1.0.0', licence, source: '', text: 'May be used.' })

async function packageWith(fields: object, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = join(await testFolder(), 'node_modules/@scope/left')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: '@scope/left', version: '1.0.0', ...fields }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

describe('the licences of what the package carries', () => {
  it('are those of the packages that files of the bundle come from', () => {
    const modules = [
      '/a/cli/main.ts',
      '/a/node_modules/zod/v4/index.js',
      '/a/node_modules/zod/v4/core.js',
      '\0/a/node_modules/@grpc/grpc-js/node_modules/long/index.js?commonjs',
      'node:fs',
    ]
    expect(packageFolders(modules)).toEqual(['/a/node_modules/zod', '/a/node_modules/@grpc/grpc-js/node_modules/long'])
  })

  it('are read with their text and their notice', async () => {
    const folder = await packageWith(
      { license: 'MIT', repository: { url: 'git+https://example.org/left.git' } },
      { LICENSE: 'May be used.\n', 'NOTICE.txt': 'By L.', 'readme.md': 'no' },
    )
    expect(readCarried(folder)).toEqual({
      ...{ name: '@scope/left', version: '1.0.0', licence: 'MIT' },
      ...{ source: 'https://example.org/left', text: 'May be used.\n\nBy L.' },
    })
  })

  it('are found where npm wrote them in 2014, and unknown where they are nowhere', async () => {
    expect(readCarried(await packageWith({ licenses: [{ type: 'MIT' }] })).licence).toBe('MIT')
    expect(readCarried(await packageWith({}))).toMatchObject({ licence: 'unknown', text: null })
  })

  it.each(['MIT', '(GPL-3.0 OR MIT)', 'MIT AND ISC'])('may be %s', (licence) => {
    const text = licencesText([carried(licence), carried(licence)])
    expect(text.match(/^left 1\.0\.0/gm)).toHaveLength(2)
    expect(text).toContain('May be used.')
  })

  it.each(['unknown', 'GPL-3.0', 'MIT AND GPL-3.0', 'SEE LICENSE IN x'])('may not be %s', (licence) => {
    expect(() => licencesText([carried('MIT'), carried(licence)])).toThrow(`left 1.0.0: ${licence}`)
  })
})

it('the manifest of the package has one dependency and no way to be published', () => {
  expect(packageManifest(manifest, '1.5.6-r.1')).toMatchObject({
    ...{ name: 'daybreak', version: manifest.version, private: true, bin: { daybreak: 'cli/daybreak.mjs' } },
    dependencies: { '@duckdb/node-bindings': '1.5.6-r.1' },
    peerDependenciesMeta: { '@fivetrandevelopers/zetasql': { optional: true } },
  })
})
