import { describe, expect, it } from 'vitest'
import { aroundHoles, CompiledModels, compiledText, fillHoles, hole } from '../../../functions/models/compiled.ts'

describe('a hole', () => {
  it('is filled with a table, and a literal that looks like one stays', () => {
    const text = `${aroundHoles("SELECT REGEXP_CONTAINS(a, r'x{2}y{0}'), '{{' FROM ")}${hole(0)}${aroundHoles(' JOIN ')}${hole(12)}`
    expect(fillHoles(text, (number) => `t${number}`)).toBe(
      "SELECT REGEXP_CONTAINS(a, r'x{2}y{0}'), '{{' FROM t0 JOIN t12",
    )
  })
})

describe('the text of compiled models', () => {
  it('has the models by name, in any order of compiling', () => {
    const model = {
      kind: 'script' as const,
      script: { entry: 'a.ts', modules: { 'a.ts': '' } },
      description: 'A.',
      source: 'a.ts',
      digest: '0',
      fingerprint: '0',
      rows: '0',
      columnFingerprints: {},
      columns: [],
      key: [],
      partitionBy: null,
      clusterBy: [],
      needs: [],
      references: [],
      checks: [],
      lineage: { columns: {}, rows: [] },
    }
    const text = compiledText({ version: 1, models: { b: model, a: model } })
    expect(text).toBe(compiledText({ version: 1, models: { a: model, b: model } }))
    expect(Object.keys(CompiledModels.parse(JSON.parse(text)).models)).toEqual(['a', 'b'])
  })
})
