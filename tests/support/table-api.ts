import { DatabaseSync } from 'node:sqlite'
import { withApi } from '../../cli/api.ts'
import type { Options } from '../../cli/options.ts'
import type { ApiClient } from '../../functions/api/contract/client.ts'
import { testContext } from './cli.ts'
import type { TableProject } from './table-project.ts'

/** Runs statements on a file of SQLite, and makes it. */
export function writeSqlite(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

/** Asks the API of a project on this disk, in this process. */
export async function askApi<Result>(
  { folder, env }: Pick<TableProject, 'folder' | 'env'>,
  work: (api: ApiClient) => Promise<Result>,
): Promise<Result> {
  const options: Options = {
    ...{ environment: 'local', format: 'json', logFormat: 'json', verbosity: 'quiet', yes: true, interactive: false },
    ...{ projectDir: folder, remote: null, color: { stdout: false, stderr: false } },
  }
  return await withApi({ options, context: testContext({ env, cwd: folder }) }, work)
}
