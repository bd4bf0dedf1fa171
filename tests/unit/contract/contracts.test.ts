import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { allStreams, LocationsConfig, PipelineConfig } from '../../../functions/config/config.ts'
import { Contract } from '../../../functions/contract/contract.ts'
import { matchHeader } from '../../../functions/contract/drift.ts'
import { tableOf } from '../../../functions/contract/table.ts'
import { validateCrossChecks } from '../../../functions/contract/validate/checks.ts'
import { validateContract } from '../../../functions/contract/validate/validate.ts'

const FOLDER = 'config/contracts/toast'
const FACTS = '../shared/toast/columns.json'
const SAMPLES = '../shared/toast/samples'

const read = (path: string): unknown => parse(readFileSync(path, 'utf8'), { strict: true, uniqueKeys: true })
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))
const contracts = new Map(
  files.map((file) => {
    const contract = Contract.parse(read(`${FOLDER}/${file}`))
    return [contract.stream, contract] as const
  }),
)
const pipeline = PipelineConfig.parse(read('config/pipelines/toast.yaml'))

describe('the contracts of Toast', () => {
  it.each(files)('%s is named after its stream and points editors at its schema', (file) => {
    expect(contracts.has(file.replace('.yaml', ''))).toBe(true)
    expect(readFileSync(`${FOLDER}/${file}`, 'utf8').split('\n')[0]).toBe(
      '# yaml-language-server: $schema=../../schema/contract.json',
    )
  })

  it.each([...contracts])('%s has nothing wrong that a schema cannot see', (_, contract) => {
    expect(validateContract(contract)).toEqual([])
  })

  it.each([...contracts])('%s requires an id, and its key is that of the table', (_, contract) => {
    const required = contract.columns.filter((column) => column.required).map(({ name }) => name)
    expect(required.length).toBeGreaterThan(0)
    expect(tableOf(contract, 'toast').columns.map(({ name }) => name)).toEqual(expect.arrayContaining(contract.key))
  })

  it('never keep what identifies a guest', () => {
    const guarded = /customer|phone|email|tab_name|void_user|void_approver|digits|receipt|link|room|house_account/
    const kept = [...contracts.values()].flatMap(({ stream, columns }) =>
      columns
        .filter(({ name, privacy }) => guarded.test(name) && privacy === 'keep')
        .map(({ name }) => `${stream}.${name}`),
    )
    expect(kept).toEqual([])
  })

  it('refuse no row and no file over a rule that a healthy night can break', () => {
    const strict = [...contracts.values()].flatMap(({ checks }) =>
      checks.filter(({ effect }) => effect === 'quarantine' || effect === 'block'),
    )
    expect(strict.map(({ rule, effect }) => `${rule} ${effect}`).toSorted()).toEqual([
      'R1 quarantine',
      'R13 quarantine',
      'R13 quarantine',
      'R13 quarantine',
      'R13 quarantine',
      'R2 quarantine',
    ])
  })
})

describe('the pipeline', () => {
  it('expects the seven files that every restaurant has; each stream has a contract', () => {
    expect(pipeline.streams).toHaveLength(7)
    expect([...contracts.keys()]).toEqual(expect.arrayContaining([...allStreams(pipeline)]))
  })

  it('has checks that compile against the contracts', () => {
    const streams = new Map(allStreams(pipeline).map((stream) => [stream, contracts.get(stream)!]))
    expect(validateCrossChecks(pipeline.checks, streams)).toEqual([])
  })

  it('covers the rules that join files, and blocks for one of them', () => {
    const rules = [...new Set(pipeline.checks.map(({ rule }) => rule))]
    expect(rules).toEqual(['R3', 'R4', 'R5', 'R6', 'R7', 'R9', 'R12', 'R14', 'R19', 'R21'])
    expect(pipeline.checks.filter(({ effect }) => effect === 'block').map(({ name }) => name)).toEqual([
      'sales_have_orders',
    ])
  })

  it('starts without a location, so that nothing is expected of a server that was never configured', () => {
    expect(LocationsConfig.parse(read('config/locations.yaml')).locations).toEqual([])
  })
})

interface Facts {
  readonly table: string
  readonly columns: readonly {
    readonly header: string
    readonly name: string
    readonly type: string
    readonly legacy_name: string
  }[]
  readonly derived?: readonly { readonly name: string; readonly type: string }[]
}
const facts: Readonly<Record<string, Facts>> = existsSync(FACTS) ? JSON.parse(readFileSync(FACTS, 'utf8')) : {}

describe.skipIf(!existsSync(FACTS))(`the contracts against ${FACTS} (skipped: not present)`, () => {
  it.each(Object.entries(facts))('%s has exactly these columns, names and types', (file, { table, columns }) => {
    const contract = contracts.get(table)!
    expect(contract.file).toBe(file)
    expect(
      contract.columns.map(({ name, from, type, legacyName }) => [from, name, type.toUpperCase(), legacyName ?? name]),
    ).toEqual(columns.map(({ header, name, type, legacy_name }) => [header, name, type, legacy_name]))
  })

  it.each(Object.entries(facts))('%s derives what is derived from it', (_, { table, derived = [] }) => {
    const found = contracts.get(table)!.derived.map(({ name, type }) => `${name} ${type.toUpperCase()}`)
    expect(found).toEqual(expect.arrayContaining(derived.map(({ name, type }) => `${name} ${type}`)))
  })
})

describe.skipIf(!existsSync(SAMPLES))(`the contracts against ${SAMPLES} (skipped: not present)`, () => {
  const samples = existsSync(SAMPLES)
    ? readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.csv'))
    : []
  it.each(samples)('the header of %s is accepted and has nothing new', (path) => {
    const name = path.split('/').at(-1)!.replace('.cp1252', '')
    const contract = [...contracts.values()].find(({ file }) => file === name)!
    const header = readFileSync(`${SAMPLES}/${path}`, 'latin1').split(/\r?\n/)[0]!.split(',')
    const plan = matchHeader(contract, header)
    expect(plan.newColumns).toEqual([])
    expect(plan.missing).toEqual([])
    expect(plan.reordered).toBe(false)
  })
})
