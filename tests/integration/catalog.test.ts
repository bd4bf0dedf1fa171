import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BigQuery } from '@google-cloud/bigquery'
import { PassThroughClient } from 'google-auth-library'
import { describe, expect, it } from 'vitest'
import { CatalogAnswer } from '../../functions/api/contract/catalog.ts'
import { pushToBigquery } from '../../functions/compose/push-catalog.ts'
import type { Project } from '../../functions/config/project.ts'
import { tableOf } from '../../functions/contract/table.ts'
import { bigqueryWorld } from '../support/bigquery.ts'
import { shippedCatalog, shippedProject, TAG } from '../support/catalog.ts'
import { daybreak } from '../support/cli.ts'
import { testFolder } from '../support/folder.ts'
import { ROOT, silent } from '../support/world.ts'

describe('daybreak catalog build', () => {
  it.each([
    ['html', '<code>net_sales</code>'],
    ['markdown', '`net_sales`'],
  ])('writes pages as %s and the same as JSON', async (as, text) => {
    const folder = await testFolder()
    await cp(join(ROOT, 'config'), join(folder, 'config'), { recursive: true })
    const out = join(folder, 'pages')
    const args = ['catalog', 'build', '--project-dir', folder, '--out', out, '--as', as]
    const built = await daybreak(args, { env: { DAYBREAK_HOME: join(folder, 'home') } })
    expect(built).toMatchObject({ code: 0, stderr: '' })
    const catalog = CatalogAnswer.parse(JSON.parse(await readFile(join(out, 'catalog.json'), 'utf8')))
    expect(catalog.entries.find(({ id }) => id === 'toast.order_details')?.state).toBe('absent')
    const ending = as === 'html' ? 'html' : 'md'
    // An exposure has a colon in its id, which no file name of Windows may have.
    for (const { id } of catalog.entries)
      expect(await readFile(join(out, `tables/${id.replace(':', '-')}.${ending}`), 'utf8')).toContain(id)
    expect(await readFile(join(out, `tables/models.daily_sales.${ending}`), 'utf8')).toContain(text)
  })

  it.each([['catalog', 'build', '--out', 'pages'], ['validate']])(
    '%s names file and line of a word of the glossary whose column does not exist',
    async (...words) => {
      const folder = await testFolder()
      await cp(join(ROOT, 'config'), join(folder, 'config'), { recursive: true })
      const lines = [
        'version: 1',
        'terms:',
        '  - term: a',
        '    meaning: b',
        '    columns: [models.daily_sales.net_sale]',
      ]
      await writeFile(join(folder, 'config/glossary.yaml'), lines.join('\n'))
      const args = [...words, '--project-dir', folder]
      const refused = await daybreak(args, { cwd: folder, env: { DAYBREAK_HOME: join(folder, 'home') } })
      expect(refused.code).toBe(2)
      expect(refused.stderr).toMatch(/config\/glossary\.yaml:5:\d+ models\.daily_sales has no column net_sale\./)
      expect(refused.stderr).toContain('models.daily_sales.net_sales')
    },
  )
})

describe('a push to BigQuery', () => {
  const pushed = async () => {
    const { server, open, clock } = await bigqueryWorld({ datasets: ['toast', 'models', 'models_data'] })
    const shipped = await shippedProject()
    const project: Project = {
      ...shipped,
      environment: {
        ...shipped.environment,
        google: { project: server.project, region: 'us-central1', endpoints: { bigquery: server.url } },
        warehouse: {
          ...{ kind: 'bigquery', location: 'US', createTables: true },
          ...{ maximumBytesBilled: 10_737_418_240, dollarsPerTib: 6.25 },
        },
      },
    }
    const contract = shipped.contracts.get('toast')?.get('check_details')
    if (!contract) throw new Error('check_details is gone')
    await open().ensureTable(tableOf(contract, 'toast'))
    const client = new BigQuery({
      ...{ projectId: server.project, apiEndpoint: server.url, authClient: new PassThroughClient() },
    })
    const table = client.dataset('toast').table('check_details')
    const [before] = await table.getMetadata()
    const fields = before.schema.fields.map((field: { name: string }) =>
      field.name === 'total' ? { ...field, description: 'Old.' } : field,
    )
    await table.setMetadata({ labels: { team: 'blue' }, schema: { fields } })
    const catalog = await shippedCatalog()
    const push = (isDryRun: boolean) => pushToBigquery(catalog, project, { clock, log: silent, isDryRun })
    const look = async () => (await table.getMetadata())[0]
    const whatOf = (changes: Awaited<ReturnType<typeof push>>) => changes.map(({ what }) => what)
    return { catalog, push, look, whatOf, project }
  }

  it('shows on a dry run what it would change, and changes nothing', async () => {
    const { push, look, whatOf } = await pushed()
    const before = await look()
    const changes = await push(true)
    expect(await look()).toEqual(before)
    expect(new Set(changes.map(({ table }) => table))).toEqual(new Set(['toast.check_details']))
    expect(whatOf(changes)).toContain('policy tag of customer_phone')
    expect(changes).toContainEqual({
      ...{
        table: 'toast.check_details',
        what: 'description of total',
        from: 'Old.',
        to: expect.not.stringMatching('Old'),
      },
    })
  })

  it('writes descriptions, labels and policy tags, keeps the rest, and finds nothing to do again', async () => {
    const { push, look, catalog } = await pushed()
    const before = await look()
    await push(false)
    const after = await look()
    const columnOf = (name: string) => after.schema.fields.find((field: { name: string }) => field.name === name)
    expect(after.labels).toEqual({
      ...{ team: 'blue', managed_by: 'daybreak', environment: 'local', kind: 'stream', pipeline: 'toast' },
      ...{ owner: 'data_example_com', privacy: 'private' },
    })
    expect(columnOf('customer_phone').policyTags).toEqual({ names: [TAG] })
    const total = catalog.entries
      .find(({ id }) => id === 'toast.check_details')
      ?.columns.find(({ name }) => name === 'total')
    expect(columnOf('total')).toMatchObject({ description: total?.description })
    expect(columnOf('total').policyTags).toBeUndefined()
    const shapeOf = ({ schema, timePartitioning, clustering, requirePartitionFilter }: typeof before) => ({
      fields: schema.fields.map(({ description: _, policyTags: __, ...field }: Record<string, unknown>) => field),
      ...{ timePartitioning, clustering, requirePartitionFilter },
    })
    expect(shapeOf(after)).toEqual(shapeOf(before))
    expect(await push(false)).toEqual([])
  })

  it('is refused where no table is in BigQuery, with the command that needs none', async () => {
    const args = ['catalog', 'push', '--project-dir', ROOT]
    const refused = await daybreak(args, { env: { DAYBREAK_HOME: await testFolder() } })
    expect(refused.stderr).toMatch(/loads no table into BigQuery/)
    expect(refused.stderr).toContain('daybreak catalog build --out catalog')
  })
})
