import fc from 'fast-check'
import { Contract } from '../../functions/contract/contract.ts'
import { validateContract } from '../../functions/contract/validate/validate.ts'

const words = fc
  .string({
    unit: fc.constantFrom('a', 'Z', 'é', ' ', "'", '"', ':', '#', '\\', '\n', '🌶️', '-'),
    minLength: 1,
    maxLength: 12,
  })
  .filter((text) => text.trim() !== '')

const optionally = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 })

const bounds = fc
  .tuple(fc.integer({ min: -50, max: 50 }), fc.nat(50))
  .map(([min, more]) => ({ min: min / 4, max: min / 4 + more }))
const days = fc
  .tuple(fc.integer({ min: 2000, max: 2020 }), fc.integer({ min: 0, max: 9 }))
  .map(([year, more]) => ({ min: `${year}-02-28`, max: `${year + more}-12-31` }))
const lengths = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(9))
  .map(([min, more]) => ({ min_length: min, max_length: min + more }))

const rules = {
  string: fc.oneof(
    fc.constant({}),
    lengths,
    fc.record({ pattern: fc.constantFrom('[a-z]{2,5}', '-?[0-9]{1,20}', '(?:a|b)\\d+', '\\w\\.') }),
    fc.record({ values: fc.uniqueArray(words, { minLength: 1, maxLength: 3 }), closed: fc.constant(true) }),
    fc.record({ values: fc.uniqueArray(words, { minLength: 1, maxLength: 3 }) }),
    fc.record({ allow: fc.constantFrom('lines', 'control') }),
    fc.record({ privacy: fc.constantFrom('mask', 'hash', 'drop') }),
  ),
  int64: fc.oneof(
    fc.constant({}),
    bounds.map(({ min, max }) => ({ min: Math.floor(min), max: Math.ceil(max) })),
  ),
  numeric: fc.oneof(bounds, fc.record({ scale: fc.integer({ min: 0, max: 9 }) })),
  float64: fc.oneof(fc.constant({}), bounds),
  bool: fc.constant({}),
  date: fc.oneof(
    days.map((each) => ({ format: 'M/d/yy', ...each })),
    fc.constant({ format: ['yyyy-MM-dd', 'M/d/yy'] }),
  ),
  time: fc.constant({ format: 'h:mm a' }),
  datetime: fc.constant({ format: "yyyy-MM-dd'T'HH:mm:ss" }),
} as const

/** Values of an object in the order of its keys, each with its key. */
const TYPES = ['string', 'int64', 'numeric', 'float64', 'bool', 'date', 'time', 'datetime'] as const

const column = fc.constantFrom(...TYPES).chain((type) =>
  fc.record({
    type: fc.constant(type),
    rule: rules[type] as fc.Arbitrary<object>,
    description: words,
    presence: fc.constantFrom({}, { required: true }, { optional: true }),
    unit: optionally(fc.constantFrom('USD', 'seconds')),
    legacy: optionally(fc.constant('old_name')),
  }),
)

/** Contracts with every kind of column, key, check and layout, which have no problem. */
export const drawnContract: fc.Arbitrary<Contract> = fc
  .record({
    columns: fc.array(column, { minLength: 1, maxLength: 6 }),
    description: words,
    layout: fc.constantFrom(
      {},
      { carries: { shard: 'branch', window: 'day' }, table: { cluster_by: ['branch'] } },
      { carries: {}, provenance: 'none' },
      { reject_budget: 0.25, drift: { new_column: 'quarantine' } },
    ),
    isCounted: fc.boolean(),
    version: optionally(fc.constantFrom('0.1.0', '2.10.3')),
    refers: fc.boolean(),
  })
  .map(({ columns, description, layout, isCounted, version, refers }) =>
    Contract.parse({
      version: 1,
      stream: 'drawn',
      ...(version && { contract_version: version }),
      description,
      file: 'Drawn.csv',
      key: ['id'],
      columns: [
        { name: 'id', from: ['Id', 'Key'], type: 'string', required: true, description: 'Key.' },
        ...columns.map(({ type, rule, presence, unit, legacy, description: text }, index) => ({
          ...{ name: `c${index}`, from: `Column ${index}`, type, description: text, ...rule, ...presence },
          ...(unit && { unit }),
          ...(legacy && { legacy_name: legacy }),
        })),
      ],
      ...(isCounted && {
        derived: [{ name: 'size', type: 'int64', expression: 'length(id)', unit: 'characters', description: 'Size.' }],
        checks: [
          { name: 'has_id', that: "id <> ''", effect: 'warn', rule: 'R1', above: { share: 0.1 } },
          { unique: ['id'], effect: 'quarantine' },
          { name: 'as_usual', outlier: { weeks: 4 } },
        ],
      }),
      ...(refers && { references: [{ columns: ['id'], to: 'others', effect: 'warn' }] }),
      ...layout,
    }),
  )
  .filter((contract) => validateContract(contract).length === 0)
