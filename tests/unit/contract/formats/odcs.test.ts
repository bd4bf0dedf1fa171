import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { yamlText } from '../../../../functions/config/yaml.ts'
import { Contract } from '../../../../functions/contract/contract.ts'
import { importOdcs } from '../../../../functions/contract/formats/odcs/import.ts'
import { odcsOf } from '../../../../functions/contract/formats/odcs/odcs.ts'
import { validateContract } from '../../../../functions/contract/validate/validate.ts'
import { drawnContract } from '../../../support/drawn-contract.ts'
import { problemsBy, publishedSchema, readPublished, schemasPresent } from '../../../support/published-schemas.ts'

const CONTEXT = { pipeline: 'shop', streams: new Map<string, Contract>() }

/** The document as a file of it is read. */
const written = (contract: Contract): unknown => parse(yamlText(odcsOf(contract, CONTEXT)))

const read = (document: unknown): readonly Contract[] =>
  importOdcs(document, 'shop').map(({ yaml }) => Contract.parse(parse(yamlText(yaml))))

describe('a contract as a document of ODCS', () => {
  it('is the same contract when it is read again, for any contract', () => {
    fc.assert(
      fc.property(drawnContract, (contract) => {
        expect(read(written(contract))).toEqual([contract])
      }),
    )
  })

  it.skipIf(!schemasPresent)('is valid by the published schema, for any contract (skipped: not present)', () => {
    const validate = publishedSchema('odcs/odcs-json-schema-v3.1.0.json')
    fc.assert(
      fc.property(drawnContract, (contract) => {
        expect(problemsBy(validate, written(contract))).toEqual([])
      }),
    )
    expect(problemsBy(validate, { ...Object(written(fc.sample(drawnContract, 1)[0]!)), status: 7 })).not.toEqual([])
  })

  it('says rules and references in the words of the standard', () => {
    const others = Contract.parse({
      ...{ version: 1, stream: 'others', description: 'Others.', file: 'O.csv', key: ['location_id', 'number'] },
      columns: [{ name: 'number', from: 'N', type: 'string', required: true, description: 'Key.' }],
    })
    const contract = Contract.parse({
      ...{ version: 1, stream: 'sales', description: 'Sales.', file: 'S.csv', key: ['id'] },
      columns: [
        {
          name: 'id',
          from: 'Id',
          type: 'string',
          pattern: '[a-z]+',
          max_length: 9,
          required: true,
          description: 'Key.',
        },
        { name: 'amount', from: 'Amount', type: 'numeric', min: 0, description: 'Money.' },
        { name: 'state', from: 'State', type: 'string', values: ['a'], closed: true, description: 'State.' },
      ],
      references: [{ columns: ['id'], to: 'others', effect: 'warn' }],
      checks: [{ unique: ['id'], effect: 'block' }],
    })
    const streams = new Map([['others', others]])
    expect(odcsOf(contract, { pipeline: 'shop', streams })).toMatchObject({
      schema: [
        {
          name: 'sales',
          properties: [
            {
              ...{ name: 'id', primaryKey: true, primaryKeyPosition: 1, required: true, logicalType: 'string' },
              logicalTypeOptions: { pattern: '^(?:[a-z]+)$', maxLength: 9 },
              relationships: [{ type: 'foreignKey', to: 'others.number' }],
            },
            { name: 'amount', logicalType: 'number', logicalTypeOptions: { minimum: 0 } },
            { name: 'state', quality: [{ metric: 'invalidValues', mustBe: 0, arguments: { validValues: ['a'] } }] },
            { name: 'location_id', required: true },
            { name: 'business_date', partitioned: true },
            ...[{ name: '_source_file' }, { name: '_row_number' }, { name: '_raw_sha256' }],
          ],
          quality: [{ name: 'unique_key', metric: 'duplicateValues', severity: 'error' }],
        },
      ],
    })
  })
})

describe('a document of another tool', () => {
  const document = {
    ...{ kind: 'DataContract', apiVersion: 'v3.1.0', id: 'x', version: '2.0.1', status: 'draft', tenant: 'Acme' },
    schema: [
      {
        name: 'Order Lines',
        tags: ['sales'],
        properties: [
          {
            name: 'orderId',
            logicalType: 'integer',
            primaryKey: true,
            logicalTypeOptions: { minimum: 1, multipleOf: 2 },
          },
          { name: 'sold', logicalType: 'date', partitioned: true, tags: ['day'] },
          { name: 'code', logicalType: 'string', logicalTypeOptions: { pattern: '^[A-Z]{3}$', minLength: 3 } },
          { name: 'free', logicalType: 'string', logicalTypeOptions: { pattern: '(?<=a)b' } },
          { name: 'tree', logicalType: 'object', properties: [{ name: 'leaf', logicalType: 'string' }] },
        ],
      },
    ],
  }

  it('becomes a contract without problems', () => {
    const [contract] = read(document)
    expect(contract && validateContract(contract)).toEqual([])
    expect(contract).toMatchObject({
      ...{ stream: 'order_lines', contractVersion: '2.0.1', key: ['order_id'], carries: {} },
      table: { partitionBy: 'sold' },
      columns: [
        { name: 'order_id', from: 'orderId', type: 'int64', min: 1 },
        { name: 'sold', type: 'date', format: 'yyyy-MM-dd' },
        { name: 'code', type: 'string', pattern: '[A-Z]{3}', minLength: 3 },
        { name: 'free', type: 'string' },
        { name: 'tree', type: 'string' },
      ],
    })
  })

  it('keeps what a contract has no key for, and an edit of the contract is written', () => {
    const [contract] = read(document)
    if (!contract) throw new Error('no contract')
    const [first, ...rest] = contract.columns
    const edited = { ...contract, columns: [{ ...first!, description: 'Edited.', min: 5 }, ...rest.slice(0, 3)] }
    expect(written(edited)).toMatchObject({
      ...{ id: 'x', status: 'draft', tenant: 'Acme' },
      schema: [
        {
          ...{ name: 'order_lines', physicalName: 'Order Lines', tags: ['sales'] },
          properties: [
            { name: 'order_id', description: 'Edited.', logicalTypeOptions: { minimum: 5, multipleOf: 2 } },
            { name: 'sold', tags: ['day'] },
            { name: 'code' },
            { name: 'free', logicalTypeOptions: { pattern: '(?<=a)b' } },
          ],
        },
      ],
    })
  })

  it.skipIf(!schemasPresent)('survives: the full example of the standard comes back (skipped: not present)', () => {
    const example = parse(readPublished('odcs/full-example.odcs.yaml'))
    const contracts = read(example)
    expect(contracts.map(({ stream }) => stream)).toEqual(['tbl', 'receivers'])
    for (const [index, contract] of contracts.entries()) {
      const again = written(contract)
      expect(validateContract(contract)).toEqual([])
      expect(problemsBy(publishedSchema('odcs/odcs-json-schema-v3.1.0.json'), again)).toEqual([])
      expect(again).toMatchObject({ ...example, schema: [withOurs(example.schema[index])] })
      expect(read(again)).toEqual([contract])
    }
  })

  it.each<readonly [what: string, document: unknown, message: RegExp]>([
    ['no contract', { kind: 'Other' }, /expected `kind: DataContract`/],
    ['a text', 'DataContract', /no data contract/],
    ['no schema', { kind: 'DataContract' }, /no `schema`/],
    ['a table without columns', { kind: 'DataContract', schema: [{ name: 'a' }] }, /`a` has no properties/],
  ])('that is %s is refused', (_, given, message) => {
    expect(() => importOdcs(given, 'shop')).toThrow(message)
  })
})

/** An element of the example; lists of custom properties have ours before theirs. */
function withOurs(element: { customProperties?: unknown[]; properties?: object[] }): object {
  const { customProperties = [], properties } = element
  return {
    ...element,
    customProperties: [expect.objectContaining({ property: 'daybreak' }), ...customProperties],
    ...(properties && { properties: properties.map(withOurs) }),
  }
}
