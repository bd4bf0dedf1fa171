import { describe, expect, it } from 'vitest'
import { CatalogAnswer } from '../../../functions/api/contract/catalog.ts'
import { modelQuality, streamQuality } from '../../../functions/api/routes/catalog.ts'
import type { TableFacts } from '../../../functions/catalog/entry.ts'
import type { SliceLook } from '../../../functions/pipeline/entities.ts'
import { shippedCatalog, shippedSources, TAG } from '../../support/catalog.ts'
import { aDefinition } from '../../support/definition.ts'
import { aHeldBuild, anIdleBuild } from '../../support/ledger-rows.ts'

const { project, models } = await shippedSources()
const LOADED: TableFacts = {
  ...{ state: 'current', reason: null, newestWindow: '2026-10-29', freshAt: '2026-10-30T09:00:00Z', quality: 'Fine.' },
  failed: new Map([[project.contracts.get('toast')?.get('order_details')?.checks[0]?.name ?? '', 2]]),
}
const catalog = await shippedCatalog({ facts: new Map([['toast.order_details', LOADED]]) })
const entryOf = (id: string) => catalog.entries.find((entry) => entry.id === id)
const columnOf = (id: string, column: string) => entryOf(id)?.columns.find(({ name }) => name === column)

describe('the catalog of the project', () => {
  it('has every stream, every model and every exposure once, as the API declares it', () => {
    const ids = catalog.entries.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const streams = [...project.contracts.values()].reduce((sum, own) => sum + own.size, 0)
    expect(ids).toHaveLength(streams + models.size + 1)
    expect(CatalogAnswer.parse(catalog)).toEqual(catalog)
  })

  it('names only neighbours and sources that it has', () => {
    const ids = new Set(catalog.entries.map(({ id }) => id))
    const named = catalog.entries.flatMap(({ reads, readBy, references }) => [
      ...reads,
      ...readBy,
      ...references.map(({ to }) => to),
    ])
    expect(named.filter((id) => !ids.has(id))).toEqual([])
    expect(entryOf('models.daily_location')?.readBy).toContain('exposure:flash')
  })

  it('says of a column its header, privacy, policy tag and key', () => {
    expect(columnOf('toast.check_details', 'customer_phone')).toMatchObject({
      ...{ headers: ['Customer Phone'], privacy: 'hash', policyTag: TAG, isKey: false },
    })
    expect(columnOf('toast.order_details', 'order_id')).toMatchObject({ isKey: true, policyTag: null, privacy: 'keep' })
    expect(columnOf('toast.order_details', '_source_file')?.headers).toEqual([])
  })

  it('gives a column of a model the class of the values that it passes on', () => {
    expect(columnOf('models.guests', 'guest')).toMatchObject({ privacy: 'hash', policyTag: TAG })
    expect(entryOf('models.guests')?.labels['privacy']).toBe('private')
    expect(entryOf('models.daily_sales')?.labels['privacy']).toBe('none')
  })

  it('names owners, and labels that BigQuery accepts', () => {
    expect(entryOf('models.daily_sales')).toMatchObject({
      owner: 'finance@example.com',
      labels: { owner: 'finance_example_com', managed_by: 'daybreak', environment: 'local' },
    })
    expect(entryOf('toast.order_details')?.owner).toBe('data@example.com')
    for (const { labels } of catalog.entries)
      for (const value of Object.values(labels)) expect(value).toMatch(/^[a-z0-9_-]{1,63}$/)
  })

  it('lists checks across streams at the stream whose rows they are about', () => {
    const crossing = project.pipelines.get('toast')?.checks ?? []
    const listed = catalog.entries.flatMap(({ checks }) => checks.map(({ name }) => name))
    expect(crossing.length).toBeGreaterThan(0)
    expect(crossing.map(({ name }) => name).filter((name) => !listed.includes(name))).toEqual([])
  })

  it('tells what a model is tied to, with rule and description', () => {
    const check = entryOf('models.daily_sales')?.checks.find(({ name }) => name === 'equals_items_report')
    expect(check).toMatchObject({ rule: 'R9', effect: 'warn', failed: null })
  })

  it('counts failures where the newest window is loaded, and says nothing where it is not', () => {
    const failures = (id: string) => new Set(entryOf(id)?.checks.map(({ failed }) => failed))
    expect(failures('toast.order_details')).toEqual(new Set([0, 2]))
    expect(failures('toast.payment_details')).toEqual(new Set([null]))
  })

  it('puts the terms of the glossary at the columns that they name', () => {
    expect(columnOf('models.daily_sales', 'net_sales')?.terms).toEqual(['net sales'])
    expect(catalog.glossary.find(({ term }) => term === 'net sales')?.columns).toContainEqual({
      ...{ table: 'models.daily_sales', column: 'net_sales' },
    })
  })
})

describe('the sentence on quality', () => {
  const look = (state: SliceLook['state'], shard: string): SliceLook => ({
    ...{ pipeline: 'toast', window: '2026-10-29', shard, stream: 'order_details', state, lookedAt: 0 },
  })

  it.each([
    [['loaded', 'loaded', 'held', 'waived'], '2 of 3 locations loaded, 1 held; no check failed.'],
    [['loaded'], '1 of 1 location loaded; no check failed.'],
    [['waived'], 'no file is expected.'],
  ] as const)('of slices that are %j', (states, expected) => {
    const slices = states.map((state, at) => look(state, String(at)))
    const text = streamQuality({ definition: aDefinition({}), window: '2026-10-29', slices, checks: [] })
    expect(text).toBe(`2026-10-29: ${expected}`)
  })

  it('of builds names what is held and left out', () => {
    const held = aHeldBuild({ window: '2026-10-28' })
    const checks = [{ name: 'a', effect: 'warn', failed: 3 }] as const
    const newest = anIdleBuild({ window: '2026-10-29', missing: ['185002'], checks })
    expect(modelQuality([held, newest])).toBe(
      '2026-10-29: built, 1 location left out; 1 check failed. 1 partition is held.',
    )
    expect(modelQuality([])).toBe('Nothing is built yet.')
  })
})
