import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { VARIABLES } from '../../../functions/config/variables.ts'

// Set by Daybreak for processes of its own, and read by scripts of hooks and by the project of Great Expectations that it exports.
const INNER = /^DAYBREAK_(REEXEC|MOSTLY|PIPELINE)/

const sources = ['functions', 'cli', 'mock', 'infra', 'config/environments'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|mjs|yaml)$/.test(path))
    .map((path) => join(folder, path)),
)

it('the table of variables has each one that the product reads, and no other', () => {
  const read = sources
    .filter((path) => path !== 'functions/config/variables.ts')
    .flatMap((path) => readFileSync(path, 'utf8').match(/\bDAYBREAK_[A-Z_]*[A-Z]\b/g) ?? [])
    .filter((name) => !INNER.test(name))
  const prefixed = Object.keys(VARIABLES).filter((name) => name.startsWith('DAYBREAK_'))
  expect(prefixed.toSorted()).toEqual([...new Set([...read, 'DAYBREAK_OUTPUT', 'DAYBREAK_NO_COLOR'])].toSorted())
})
