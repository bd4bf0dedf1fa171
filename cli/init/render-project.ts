import { dirname, relative } from 'node:path'
import { withLocation } from '../../functions/config/locations-file.ts'
import { schemaFiles } from '../../functions/config/schemas.ts'
import { TEMPLATES, type TemplateName } from './templates.ts'

/** A location that a new project begins with. */
interface FirstLocation {
  readonly id: string
  readonly timeZone: string
}

/** Answers that a project follows from. */
interface Answers {
  readonly name: string
  readonly template: TemplateName
  /** For the template of restaurants. */
  readonly locations: readonly FirstLocation[]
}

const LOCATIONS = 'config/locations.yaml'
const IGNORED = 'node_modules/\n.daybreak/\nexports/\n'

/** Pure: every file of a new project by its path, from the files of its template. */
export function renderProject(
  { name, template, locations }: Answers,
  files: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const own = [...files, ...Object.entries(TEMPLATES[template].files)]
  const rendered = new Map(own.map(([path, text]) => [path, withSchemaOf(path, text)]))
  for (const { id, timeZone } of locations)
    rendered.set(
      LOCATIONS,
      withLocation(rendered.get(LOCATIONS) ?? null, { id, name: id, timeZone, closeoutHour: null }),
    )
  for (const [path, text] of schemaFiles()) rendered.set(path, text)
  return rendered
    .set('README.md', readme(name, template))
    .set('.gitignore', IGNORED)
    .set('.gitattributes', '*.csv -text\n')
}

/** Pure: every file of a project that is a copy of an example. */
export function renderExample(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const rendered = new Map([...files].map(([path, text]) => [path, withSchemaOf(path, text)]))
  for (const [path, text] of schemaFiles()) rendered.set(path, text)
  return rendered
    .set('.gitignore', [files.get('.gitignore') ?? '', IGNORED].join(''))
    .set('.gitattributes', '*.csv -text\n')
}

/** Editors read the schema of a file from its first line, which has a path. */
function withSchemaOf(path: string, text: string): string {
  if (!path.endsWith('.yaml')) return text
  return text.replace(
    /\$schema=[./]*(?:config\/)?schema\/(\w+)\.json/,
    (_, kind: string) => `$schema=${relative(dirname(path), `config/schema/${kind}.json`)}`,
  )
}

function readme(name: string, template: TemplateName): string {
  const { about, commands } = TEMPLATES[template]
  const lines = commands.map((words) => `npx daybreak ${words}`)
  return `# ${name}

${about} Written by \`daybreak init ${name} --template ${template}\`.

\`\`\`sh
${lines.join('\n')}
\`\`\`

| folder | holds |
|---|---|
| config | pipelines, contracts, environments: what \`npx daybreak validate\` checks |
| config/schema | JSON Schema of these files, for editors; \`npx daybreak schema --write\` writes them again after an update |
| .daybreak | raw files, tables and ledger of this machine; not in git |

\`npx\` finds the package that is installed in this folder or above it: install it first. \`npx daybreak serve\` shows the same in a browser. \`npx daybreak --help\` has the rest.
`
}
