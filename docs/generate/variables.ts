import { VARIABLES } from '../../functions/config/variables.ts'
import { code, page, table } from './markdown.ts'

/** docs/reference/variables.md: every variable of the environment. */
export function variablesPage(): string {
  const intro =
    'Variables that Daybreak reads. A flag wins over its variable, a variable over its default. [.env.example](../../.env.example) has all of them to copy.'
  const rows = Object.entries(VARIABLES).map(([name, { meaning, readBy }]) => [code(name), readBy, meaning])
  return `${page('Variables', intro, 'functions/config/variables.ts')}\n${table(['variable', 'read by', 'meaning'], rows)}\n`
}

/** .env.example: the same as lines to uncomment. Nothing reads the file by itself. */
export function envExample(): string {
  const entries = Object.entries(VARIABLES).map(
    ([name, { meaning, readBy, example }]) => `# ${meaning} (${readBy})\n#${name}=${example}\n`,
  )
  return `# Every variable that Daybreak reads. Copy the file to .env, take the # from the lines that you want, and load it:
#   set -a; . ./.env; set +a
# Written by \`npm run docs\` from functions/config/variables.ts.

${entries.join('\n')}`
}
