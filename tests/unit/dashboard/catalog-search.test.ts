import { describe, expect, it } from 'vitest'
import { searchCatalog } from '../../../dashboard/src/screens/catalog/search.ts'
import type { Catalog } from '../../../functions/api/contract/catalog.ts'

type Entry = Catalog['entries'][number]

const column = (name: string, more: Partial<Entry['columns'][number]> = {}): Entry['columns'][number] => ({
  ...{ name, type: 'numeric', unit: null, description: '', isKey: false, isRequired: false, privacy: 'keep' },
  ...{ policyTag: null, headers: [], expression: null, values: null, rules: [], isAdditive: null, of: [] },
  ...{ from: [], terms: [], ...more },
})
const entry = (name: string, more: Partial<Entry> = {}): Entry => ({
  ...{ id: `toast.${name}`, kind: 'stream', form: 'csv', name, title: name, description: '', pipeline: 'toast' },
  ...{ owner: null, source: '', file: null, url: null, version: null, isOptional: false, key: [], partitionBy: null },
  ...{
    clusterBy: [],
    labels: {},
    columns: [],
    tables: [],
    references: [],
    checks: [],
    reads: [],
    readBy: [],
    state: 'current',
  },
  ...{ reason: null, newestWindow: null, freshAt: null, quality: '', ...more },
})

const CATALOG = {
  entries: [
    entry('item_details', { description: 'Items of net sales.', labels: { team: 'menu' } }),
    entry('net_sales', { owner: 'finance@example.com', columns: [column('net_sales'), column('tax')] }),
    entry('cash', { columns: [column('amount', { headers: ['Net Amount'] }), column('net_sales_before')] }),
    entry('flash', { kind: 'exposure', columns: [column('net_sales')] }),
  ],
  glossary: [{ term: 'net sales', meaning: 'After discounts.', owner: null, synonyms: ['revenue'], columns: [] }],
}
const find = (text: string) => {
  const { entries, columns, terms } = searchCatalog(CATALOG, text)
  return {
    entries: entries.map(({ name }) => name),
    columns: columns.map((found) => `${found.entry.name}.${found.column.name}`),
    terms: terms.map(({ term }) => term),
  }
}

describe('search of the catalog', () => {
  it('finds names as they are written and as they are said, whole names first', () => {
    expect(find('net sales')).toEqual({
      entries: ['net_sales', 'item_details'],
      columns: ['net_sales.net_sales', 'cash.net_sales_before'],
      terms: ['net sales'],
    })
    expect(find('NET_SALES').entries).toEqual(['net_sales'])
  })

  it('finds by owner, label, header of a file and synonym', () => {
    expect(find('finance').entries).toEqual(['net_sales'])
    expect(find('menu').entries).toEqual(['item_details'])
    expect(find('net amount').columns).toEqual(['cash.amount'])
    expect(find('revenue').terms).toEqual(['net sales'])
  })

  it('needs every word, and gives all tables and words, but no columns, for no text', () => {
    expect(find('net nonsense')).toEqual({ entries: [], columns: [], terms: [] })
    expect(find(' ')).toMatchObject({ entries: { length: 4 }, columns: [], terms: ['net sales'] })
  })
})
