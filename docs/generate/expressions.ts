import { POLYMORPHIC } from '../../functions/contract/expression/compile.ts'
import { FUNCTIONS } from '../../functions/contract/expression/functions.ts'
import { KEYWORDS } from '../../functions/contract/expression/parse.ts'
import { code, page, table } from './markdown.ts'

const INTRO = `Checks and derived columns of a contract are written in a small language: the part of SQL that means the same in every
warehouse we write for. It compiles to SQL once; it never fails on a row: what cannot be computed is null, and a check that is null passes.`

const GRAMMAR = `\`\`\`
expression = or
or         = and { "or" and }
and        = not { "and" not }
not        = [ "not" ] comparison
comparison = sum [ ( "=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" ) sum
                 | "is" [ "not" ] "null"
                 | [ "not" ] "in" "(" expression { "," expression } ")"
                 | [ "not" ] "between" sum "and" sum ]
sum        = product { ( "+" | "-" | "||" ) product }
product    = unary { ( "*" | "/" ) unary }
unary      = [ "-" ] value
value      = number | 'text' | "true" | "false" | "null" | column | name "(" [ expression { "," expression } ] ")"
           | "case" { "when" expression "then" expression } [ "else" expression ] "end" | "(" expression ")"
\`\`\``

const RULES = `- A column is its name in the table. \`location_id\`, \`business_date\` and \`closeout_hour\` of the location are available too.
- Text stands in single quotes; a quote inside is doubled: \`'Joe''s'\`.
- Numbers are exact: \`int64\` and \`numeric\` mix, \`float64\` mixes with neither before \`numeric(...)\` or \`float64(...)\`. Divisions and
  products keep nine decimal places. Dividing by zero is null, and so is a result that does not fit.
- Comparing with null is refused: write \`is null\`.
- An expression has at most 2,000 characters. In YAML, one with \`: \`, \`#\`, \`{\`, \`[\` or a comma inside of \`{ }\` must stand in quotes.
- \`within\` of a check allows the two sides of one \`=\`, \`<=\` or \`>=\` to differ by so much.`

/** docs/reference/expressions.md: the grammar by hand, the functions from their tables. */
export function expressionsPage(): string {
  const fixed = Object.entries(FUNCTIONS).map(([name, { parameters, result, meaning }]) => {
    const list = parameters.map(([parameter, type]) => `${parameter} ${type}`).join(', ')
    return [code(`${name}(${list})`), result, meaning]
  })
  const open = Object.values(POLYMORPHIC).map((text) => {
    const [call = '', ...meaning] = text.split(': ')
    return [code(call), 'follows its arguments', meaning.join(': ')]
  })
  return [
    page('Expressions', INTRO, 'functions/contract/expression-*.ts'),
    '## Grammar\n',
    GRAMMAR,
    `\nWords that cannot be columns: ${KEYWORDS.map(code).join(', ')}. Upper and lower case are the same in words and functions.\n`,
    '## Rules\n',
    RULES,
    '\n## Functions\n',
    table(['call', 'result', 'meaning'], [...fixed, ...open]),
    '',
  ].join('\n')
}
