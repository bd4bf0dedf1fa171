import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pushToBigquery } from '../../functions/compose/push-catalog.ts'
import { pushToOpenMetadata } from '../../functions/compose/push-openmetadata.ts'
import { openSecrets } from '../../functions/compose/secrets.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { localApi, withApi } from '../api.ts'
import { htmlOf } from '../catalog/html.ts'
import { markdownOf } from '../catalog/markdown.ts'
import { pagesOf } from '../catalog/pages.ts'
import { type Call, command, group } from '../command.ts'
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
    'Describe tables in another catalog: descriptions, labels and policy tags in BigQuery; tables, tags, glossary and lineage in OpenMetadata. Prints each difference.',
  args: {
    to: { type: 'enum', options: ['bigquery', 'openmetadata'], description: 'Other catalog. Default: bigquery.' },
    'dry-run': { type: 'boolean', description: 'Print the differences; change nothing.' },
    overwrite: {
      type: 'boolean',
      description: 'With --to openmetadata: replace descriptions and edges that others wrote as well.',
    },
  },
  examples: [
    'daybreak catalog push --dry-run',
    'daybreak catalog push',
    'daybreak catalog push --to openmetadata --dry-run',
  ],
  async run(call) {
    const { args, output } = call
    const { changes, kept, strangers } =
      args.to === 'openmetadata' ? await toOpenMetadata(call) : await toBigquery(call)
    await output.rows({
      columns: ['table', 'what', 'from', 'to'],
      rows: changes.map(({ table, what, from, to }) => ({ table, what, from, to })),
      empty: 'Every table is described as the catalog says.',
    })
    if (kept > 0) await output.text(keptText(kept))
    if (strangers.length > 0)
      await output.text(`\nOpenMetadata has no user or team for these owners: ${strangers.join(', ')}.`)
  },
})

interface Difference {
  readonly table: string
  readonly what: string
  readonly from: string
  readonly to: string
}

interface Pushed {
  readonly changes: readonly Difference[]
  readonly kept: number
  readonly strangers: readonly string[]
}

async function toBigquery(call: Call<PushArgs>): Promise<Pushed> {
  const { args, context } = call
  if (args.overwrite)
    throw new DaybreakError(
      'USAGE_INVALID',
      '--overwrite is for OpenMetadata; BigQuery has one description of a table',
      {
        details: { next: 'daybreak catalog push --to openmetadata --overwrite --dry-run' },
      },
    )
  const isDryRun = args['dry-run']
  const changes = await withDaybreak(call, async (daybreak, project) => {
    const catalog = await localApi(call, daybreak, project)('GET /api/catalog')
    return await pushToBigquery(catalog, project, { clock: context.clock, log: daybreak.ports.log, isDryRun })
  })
  return { changes, kept: 0, strangers: [] }
}

async function toOpenMetadata(call: Call<PushArgs>): Promise<Pushed> {
  const { args, context } = call
  const { changes, ...rest } = await withDaybreak(call, async (daybreak, project) => {
    const catalog = await localApi(call, daybreak, project)('GET /api/catalog')
    const secrets = await openSecrets(project, { clock: context.clock, log: daybreak.ports.log })
    try {
      return await pushToOpenMetadata(catalog, project, {
        ...{ secrets, isDryRun: args['dry-run'], isOverwriting: args.overwrite },
      })
    } finally {
      await secrets.close()
    }
  })
  return { changes: changes.map(({ entity, ...change }) => ({ table: entity, ...change })), ...rest }
}

function keptText(kept: number): string {
  const what =
    kept === 1 ? '1 text or edge of others differs and stays' : `${kept} texts and edges of others differ and stay`
  return `\n${what}. To see them: daybreak catalog push --to openmetadata --overwrite --dry-run`
}

interface PushArgs {
  readonly to: 'bigquery' | 'openmetadata' | undefined
  readonly 'dry-run': boolean
  readonly overwrite: boolean
}

/** The catalog as files, and in other systems. */
export const catalog = group({
  name: 'catalog',
  description: 'Catalog of all tables: pages, and descriptions in BigQuery and OpenMetadata.',
  commands: { build: async () => build, push: async () => push },
})
