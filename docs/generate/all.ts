import { openApi } from '../../functions/api/openapi.ts'
import { SCHEMAS, schemaText } from '../../functions/config/schemas.ts'
import { apiPage } from './api.ts'
import { cliPage } from './cli.ts'
import { connectorPages } from './connectors.ts'
import { contractFiles } from './contracts.ts'
import { errorsPage } from './errors.ts'
import { expressionsPage } from './expressions.ts'
import { httpPage } from './http.ts'
import { infraPages } from './infra.ts'
import { messagesPage } from './messages.ts'
import { configPage, contractPage } from './schema-pages.ts'
import { streamsPage } from './streams.ts'

import { tableTypesPage } from './table-types.ts'

import { envExample, variablesPage } from './variables.ts'

/** Every generated file: path from the root to text. */
export async function generated(root: string): Promise<ReadonlyMap<string, string>> {
  const schemas = Object.keys(SCHEMAS).map((kind) => [`config/schema/${kind}.json`, schemaText(kind)] as const)
  return new Map([
    ...schemas,
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/config.md', configPage()],
    ['docs/reference/contract.md', contractPage()],
    ['docs/reference/expressions.md', expressionsPage()],
    ['docs/reference/cli.md', await cliPage()],
    ['docs/reference/http.md', httpPage()],
    ['docs/reference/variables.md', variablesPage()],
    ['.env.example', envExample()],
    ['docs/reference/api.md', apiPage()],
    ['docs/reference/messages.md', await messagesPage()],
    ['docs/reference/openapi.json', `${JSON.stringify(openApi(), null, 2)}\n`],
    ['docs/reference/table-types.md', tableTypesPage()],
    ...connectorPages(),
    ['docs/reference/streams.md', await streamsPage(root)],
    ...(await contractFiles(root)),
    ...(await infraPages(root)),
  ])
}
