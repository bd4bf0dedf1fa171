import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DaybreakError } from '../../functions/errors.ts'
import { type Call, command } from '../command.ts'
import type { Context } from '../context.ts'
import { renderExample, renderProject } from '../init/render-project.ts'
import { TEMPLATE_NAMES, TEMPLATES, type TemplateName } from '../init/templates.ts'
import { EXAMPLE_NAMES, readExample, readTemplate, writeProject } from '../init/write-project.ts'
import { installationOf } from '../program.ts'
import { givenOf, WIZARD_ARGS } from '../wizard/flags.ts'
import { readTimeZone } from './locations.ts'

/** A project of one's own. */
export const init = command({
  name: 'init',
  description:
    'With a folder: make a project in it from a template. Without one: ask what to copy from where to where, and write that pipeline.',
  args: {
    name: {
      type: 'positional',
      required: false,
      description: 'Folder of a new project; made if it is absent. `.` is this one.',
    },
    template: {
      type: 'enum',
      options: [...TEMPLATE_NAMES],
      description:
        'toast, the default: restaurants on Toast; csv-folder: a folder of CSV files; olist: a marketplace; empty: one stream.',
    },
    example: {
      type: 'enum',
      options: [...EXAMPLE_NAMES],
      description: 'Copy a whole example in place of a template, with data and tests: `node --test` runs them.',
    },
    location: {
      type: 'string',
      many: true,
      valueHint: 'ID=ZONE',
      description: 'A restaurant, with --template toast: 1234=America/New_York.',
    },
    force: { type: 'boolean', description: 'Replace files that are there.' },
    ...WIZARD_ARGS,
  },
  examples: [
    'daybreak init',
    'daybreak init --source shop --tables orders --destination lake --mode incremental --cursor updated_at --no-input',
    'daybreak init restaurants --location 1234=America/New_York',
    'daybreak init shops --template csv-folder',
    'daybreak init shops --example csv-folder',
  ],
  async run({ args, context, output, options }) {
    const given = givenOf(args)
    if (args.name === undefined && [args.template, args.example, args.location[0]].some((each) => each !== undefined))
      throw new DaybreakError('USAGE_INVALID', 'NAME is missing: the folder of the new project; `.` is this one')
    if (args.name === undefined)
      return await (await import('../wizard/wizard.ts')).runWizard(given, { context, output, options })
    const [unused] = Object.keys(given)
    if (unused !== undefined)
      throw new DaybreakError(
        'USAGE_INVALID',
        `--${unused} is of the wizard, which takes no folder; ${args.name} is one`,
      )
    if (args.example !== undefined && args.template !== undefined)
      throw new DaybreakError(
        'USAGE_INVALID',
        'a project is made from --template or from --example; expected one of them',
      )
    if (args.example !== undefined)
      return await copyExample(args.example, { ...args, name: args.name }, { context, output })
    return await makeProject({ ...args, name: args.name }, { context, output })
  },
})

interface ProjectArgs {
  readonly name: string
  readonly template: TemplateName | undefined
  readonly location: readonly string[]
  readonly force: boolean
}

async function makeProject(args: ProjectArgs, { context, output }: Pick<Call, 'context' | 'output'>): Promise<number> {
  const { template = TEMPLATE_NAMES[0] } = args
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
  return 0
}

/** A project that is a copy of an example, which its own tests say is whole. */
async function copyExample(
  example: string,
  args: Pick<ProjectArgs, 'name' | 'force'>,
  { context, output }: Pick<Call, 'context' | 'output'>,
): Promise<number> {
  const folder = resolve(context.cwd, args.name)
  const files = renderExample(await readExample(installationOf(context), example))
  await writeProject(folder, files, args)
  await output.record({ project: folder, example, files: files.size })
  const call = callIn(folder, context)
  const variable = call === 'npx daybreak' ? '' : `DAYBREAK='node ${call}' `
  await output.text(`\nNext, in that folder:\n  ${variable}node --test\nREADME.md says what it shows.`)
  return 0
}

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
