import { describe, expect, it } from 'vitest'
import { readAddress } from '../../../cli/wizard/address.ts'
import { commandOf, pairsFor, valuesFor } from '../../../cli/wizard/flags.ts'
import { addConnection, addStreams, renderPipeline, type StreamAnswers } from '../../../cli/wizard/render.ts'
import { diffLines, highlight } from '../../../cli/wizard/show.ts'
import { streamOf } from '../../../cli/wizard/tables.ts'

const ORDERS: StreamAnswers = {
  ...{ stream: 'orders', from: 'public.orders', into: null, key: ['id'], mode: 'incremental', onConflict: 'merge' },
  cursor: { column: 'updated_at', nulls: 'include' },
  ...{ columns: { 'Gültig, ab': { from: 'a b', type: 'date' } }, ignore: ['x, y'], create: 'columns' },
}

describe('the file of a pipeline', () => {
  it('follows from the answers', () => {
    const answers = { pipeline: 'a_to_b', source: 'a', destination: 'b', every: '15m', workers: 2, batchRows: 1000 }
    expect(renderPipeline({ ...answers, streams: [ORDERS] })).toMatchInlineSnapshot(`
      "# yaml-language-server: $schema=../schema/pipeline.json
      version: 1
      pipeline: a_to_b
      description: Copies orders of a to b.
      source: a
      destination: b
      schedule: { every: 15m }
      defaults: { workers: 2, batch: { rows: 1000 } }
      streams:
        orders:
          from: public.orders
          key: [id]
          mode: incremental
          cursor: { column: updated_at, nulls: include }
          on_conflict: merge
          create: { columns: add }
          ignore: ["x, y"]
          columns:
            "Gültig, ab": { from: a b, type: date }
      "
    `)
  })

  it.each([
    ['a comment behind the last entry', 'streams:\n    a: { from: b } # why\n\n# end\n'],
    ['a block', 'streams:\n  a:\n    from: b # deep\n    key: [id]\n'],
    ['braces', 'streams: { a: { from: b } } # one\n'],
    ['no entry', 'version: 1\nstreams: {} # none\n# end\n'],
  ])('keeps its text when a table is added after %s', (_, text) => {
    const after = addStreams(text, { streams: [{ ...ORDERS, columns: {}, ignore: [] }] })
    expect(after).toContain('orders:')
    for (const comment of text.match(/#.*/g) ?? []) expect(after).toContain(comment)
    expect(after).toContain(text.includes('{}') ? 'streams:' : text.slice(0, text.indexOf('b') + 1))
  })

  it('gets a connection in a file that is there, and in one that is not', () => {
    const made = addConnection(null, 'shop', { kind: 'postgres', host: 'h', port: 5432 })
    expect(made).toMatch(/connections:\n {2}shop: \{ kind: postgres, host: h, port: 5432 \}\n$/)
    expect(addConnection(made, 'lake', { kind: 'duckdb', path: 'a, b' })).toBe(
      `${made}  lake: { kind: duckdb, path: "a, b" }\n`,
    )
  })
})

describe('flags', () => {
  it('are for all tables or for one', () => {
    expect(valuesFor('orders', ['full', 'orders=append'])).toEqual(['append'])
    expect(valuesFor('lines', ['full', 'orders=append'])).toEqual(['full'])
    expect(pairsFor({ stream: 'orders', isOnly: false }, ['orders.a=b', 'c=d', 'lines.e=f'])).toEqual([['a', 'b']])
    expect(pairsFor({ stream: 'orders', isOnly: true }, ['a=b=c', 'x'])).toEqual([
      ['a', 'b=c'],
      ['x', ''],
    ])
  })

  it('are quoted for a shell, in one order, without what concerns one call', () => {
    const given = { tables: ["it's", 'b'], source: 'shop', run: true, preview: '5' } as const
    expect(commandOf(given)).toBe("daybreak init --source shop --tables 'it'\\''s' --tables b --no-input")
  })
})

it.each([
  [
    'postgres://reader@db:5433/shop?tls=off',
    { kind: 'postgres', host: 'db', port: 5433, database: 'shop', user: 'reader', tls: 'off' },
  ],
  ['mariadb://u@[::1]/pos', { kind: 'mysql', host: '::1', database: 'pos', user: 'u' }],
  ['sqlite:///data/x.sqlite', { kind: 'sqlite', path: '/data/x.sqlite' }],
  ['folder:in', { kind: 'folder', root: 'in' }],
  ['s3://drop/in?access_key_id=A', { kind: 's3', bucket: 'drop', root: '/in', access_key_id: 'A' }],
  ['sftp://u@h/in', { kind: 'sftp', host: 'h', root: '/in', user: 'u' }],
  ['shop', null],
])('the URL %s is a connection', (url, members) => {
  expect(readAddress('--source', url)).toEqual(members)
})

it.each([
  ['public.Orders', 'orders'],
  ['prices/*.csv', 'prices'],
  ['in/menu-2026*.csv.gz', 'menu_2026'],
  ['orders.parquet', 'orders'],
])('the table %s is the stream %s', (from, stream) => {
  expect(streamOf(from)).toBe(stream)
})

it('a change is shown with two lines around it', () => {
  expect(diffLines('a\nb\nc\nd\ne\nf', 'a\nb\nc\nd\nx\nf', false)).toBe('  c\n  d\n- e\n+ x\n  f')
  expect(highlight('# c\nkey: value', true)).toMatch(/\u001b\[\d+mkey:/)
  expect(highlight('key: value', false)).toBe('key: value')
})
