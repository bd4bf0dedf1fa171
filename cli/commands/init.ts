import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DaybreakError } from '../../functions/errors.ts'
import { command } from '../command.ts'
import type { Context } from '../context.ts'
import { renderProject } from '../init/render-project.ts'
import { TEMPLATE_NAMES, TEMPLATES } from '../init/templates.ts'
import { readTemplate, writeProject } from '../init/write-project.ts'
import { installationOf } from '../program.ts'
import { readTimeZone } from './locations.ts'

/** A project of one's own. */
export const init = command({
  name: 'init',
  description: 'Make a project in a folder, from a template, that is valid and shows a first result.',
  args: {
    name: { type: 'positional', description: 'Folder of the project; made if it is absent. `.` is this one.' },
    template: {
      type: 'enum',
      options: [...TEMPLATE_NAMES],
      default: TEMPLATE_NAMES[0],
      description:
        'toast: restaurants on Toast; csv-folder: a folder of CSV files; olist: a marketplace; empty: one stream.',
    },
    location: {
      type: 'string',
      many: true,
      valueHint: 'ID=ZONE',
      description: 'A restaurant, with --template toast: 1234=America/New_York.',
    },
    force: { type: 'boolean', description: 'Replace files that are there.' },
  },
  examples: ['daybreak init restaurants --location 1234=America/New_York', 'daybreak init shops --template csv-folder'],
  async run({ args, context, output }) {
    const { template } = args
    if (args.location.length > 0 && template !== 'toast')
      throw new DaybreakError('USAGE_INVALID', `--location is for --template toast; ${template} has no restaurants`)
    const folder = resolve(context.cwd, args.name)
    const answers = { name: basename(folder), template, locations: args.location.map(readLocation) }
    const files = renderProject(answers, await readTemplate(installationOf(context), template))
    await writeProject(folder, files, args)
    await output.record({ project: folder, template, files: files.size })
    const call = callIn(folder, context)
    const first = TEMPLATES[template].commands.map((words) => `  ${call} ${words}`)
    await output.text(`\nNext, in that folder:\n${first.join('\n')}`)
  },
})

/** How this program is called in a folder. npx would fetch a stranger's package where no folder above has ours. */
function callIn(folder: string, { program }: Pick<Context, 'program'>): string {
  const installation = installationOf({ program })
  for (let above = folder; ; above = dirname(above)) {
    if (above === installation || existsSync(join(above, 'node_modules/.bin/daybreak'))) return 'npx daybreak'
    if (above === dirname(above)) return program.at(-1) ?? 'daybreak'
  }
}

function readLocation(text: string): { readonly id: string; readonly timeZone: string } {
  const [, id, zone] = /^([^=\s]+)=(\S+)$/.exec(text) ?? []
  if (id !== undefined && zone !== undefined) return { id, timeZone: readTimeZone('--location', zone) }
  throw new DaybreakError('USAGE_INVALID', `--location is "${text}"; expected ID=ZONE, such as 1234=America/New_York`)
}
