import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pushToBigquery } from '../../functions/compose/push-catalog.ts'
import { localApi, withApi } from '../api.ts'
import { htmlOf } from '../catalog/html.ts'
import { markdownOf } from '../catalog/markdown.ts'
import { pagesOf } from '../catalog/pages.ts'
import { command, group } from '../command.ts'
import { withDaybreak } from '../open.ts'

const build = command({
  name: 'catalog build',
  remote: 'served',
  description: 'Write the catalog into a folder: a page per table, and catalog.json for programs.',
  args: {
    out: { type: 'string', valueHint: 'DIR', description: 'Folder; made if it is absent. Default: catalog.' },
    as: { type: 'enum', options: ['html', 'markdown'], description: 'Form of the pages. Default: html.' },
  },
  examples: ['daybreak catalog build', 'daybreak catalog build --as markdown --out docs/catalog'],
  async run(call) {
    const { args, context, output } = call
    const catalog = await withApi(call, (api) => api('GET /api/catalog'))
    const pages = pagesOf(catalog).map((page) =>
      args.as === 'markdown'
        ? { path: `${page.path}.md`, text: markdownOf(page) }
        : { path: `${page.path}.html`, text: htmlOf(page) },
    )
    const out = resolve(context.cwd, args.out ?? 'catalog')
    const files = [{ path: 'catalog.json', text: `${JSON.stringify(catalog, null, 2)}\n` }, ...pages]
    for (const { path, text } of files) {
      await mkdir(dirname(join(out, path)), { recursive: true })
      await writeFile(join(out, path), text)
    }
    await output.record({ folder: out, files: files.length, tables: catalog.entries.length })
  },
})

const push = command({
  name: 'catalog push',
  description:
    'Describe the tables of BigQuery as the catalog does: descriptions, labels and policy tags. Prints each difference.',
  args: {
    'dry-run': { type: 'boolean', description: 'Print the differences; change nothing.' },
  },
  examples: ['daybreak catalog push --dry-run', 'daybreak catalog push'],
  async run(call) {
    const { args, context, output } = call
    const isDryRun = args['dry-run'] ?? false
    const changes = await withDaybreak(call, async (daybreak, project) => {
      const catalog = await localApi(call, daybreak, project)('GET /api/catalog')
      return await pushToBigquery(catalog, project, { clock: context.clock, log: daybreak.ports.log, isDryRun })
    })
    await output.rows({
      columns: ['table', 'what', 'from', 'to'],
      rows: changes.map(({ table, what, from, to }) => ({ table, what, from, to })),
      empty: 'Every table is described as the catalog says.',
    })
  },
})

/** The catalog as files, and in other systems. */
export const catalog = group({
  name: 'catalog',
  description: 'Catalog of all tables: pages, and descriptions in BigQuery.',
  commands: { build: async () => build, push: async () => push },
})
