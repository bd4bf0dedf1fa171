import { describe, expect, it } from 'vitest'
import { pipelineSchema } from '../../../functions/config/config.ts'
import { loadProject } from '../../../functions/config/project.ts'
import { withProject } from '../../support/project-on-disk.ts'

const CONNECTIONS = `version: 1
connections:
  shop: { kind: postgres, host: 127.0.0.1, database: shop, user: reader }
  lake: { kind: duckdb, path: lake.duckdb }
  drop: { kind: sftp, host: 127.0.0.1, user: reader, host_keys: ['SHA256:iC7EFUwDcG2vvVXRe8SqnSJVkMk0TTZbNBcKW5rFKpE'], private_key: secret://key }
`

function pipeline(streams: string, more = ''): string {
  return `version: 1\npipeline: shop_to_lake\ndescription: The shop.\nsource: shop\ndestination: lake\n${more}streams:\n${streams}\n`
}

async function load(text: string) {
  const changes = { 'config/connections.yaml': CONNECTIONS, 'config/pipelines/shop_to_lake.yaml': text }
  return await withProject(
    async (projectDir) => await loadProject({ projectDir, environment: 'local', env: { HOME: '/nowhere' } }),
    changes,
  )
}

describe('a pipeline of tables', () => {
  it('is told from one of files by its mapping of streams', () => {
    expect(pipelineSchema({ streams: { orders: {} } })).not.toBe(pipelineSchema({ streams: ['orders'] }))
    expect(pipelineSchema({ kind: 'nightly', streams: { orders: {} } })).toBe(pipelineSchema({ streams: ['orders'] }))
  })

  it('gives its streams the defaults that they do not say themselves', async () => {
    const defaults = 'defaults: { mode: incremental, workers: 3, on_conflict: merge }\n'
    const orders = '  orders: { from: public.orders, cursor: { column: updated_at } }'
    const project = await load(
      pipeline(`${orders}\n  items: { from: items, mode: full, on_conflict: replace }`, defaults),
    )
    const config = project.pipelines.get('shop_to_lake')
    if (config?.kind !== 'table') throw new Error('expected a pipeline of tables')
    expect(config.streams).toEqual(['orders', 'items'])
    expect(config.tables.orders).toMatchObject({
      mode: 'incremental',
      onConflict: 'merge',
      workers: 3,
      reconcile: 'totals',
    })
    expect(config.tables.items).toMatchObject({ mode: 'full', onConflict: 'replace', workers: 3 })
  })

  it.each([
    ['  orders: { from: orders, mode: incremental }', /`incremental` needs a `cursor`/],
    ['  orders: { from: orders, cursor: { column: id } }', /is of no use with `mode: full`/],
    [
      '  orders: { from: orders, mode: incremental, on_conflict: replace, cursor: { column: id } }',
      /"replace" would remove/,
    ],
    ['  rejects: { from: orders }', /"rejects" is the name of a table of Daybreak/],
    ['  orders: { from: orders, kye: [id] }', /kye/],
    ['  orders: { from: orders, key: [id, id] }', /names a column twice/],
  ])('refuses %s', async (streams, message) => {
    await expect(load(pipeline(streams))).rejects.toThrow(message)
  })

  it('refuses connections that do not have the part that it needs', async () => {
    const swapped = pipeline('  orders: { from: orders }').replace('destination: lake', 'destination: drop')
    await expect(load(swapped)).rejects.toThrow(
      /"drop" is a connection of the kind sftp, which is no destination of tables/,
    )
    const unknown = pipeline('  orders: { from: orders }').replace('destination: lake', 'destination: lac')
    await expect(load(unknown)).rejects.toThrow(/no connection "lac".*lake/)
  })
})
