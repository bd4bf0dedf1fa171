import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { problemsError } from '../config/problem.ts'
import type { Project } from '../config/project.ts'
import { readConfig } from '../config/read.ts'
import { SqlModelConfig } from '../config/sql-model.ts'
import { DaybreakError, toDaybreakError } from '../errors.ts'
import { buildSqlModel } from '../sql-models/build.ts'
import { inOrder, readsOf, type SqlModel } from '../sql-models/order.ts'
import { withDatabase } from './migrations.ts'
import { connectionOf } from './tables.ts'

const FOLDER = 'config/sql'

/** Models of config/sql, each after those that it reads. @throws {DaybreakError} CONFIG_INVALID, CONFIG_MISSING. */
export async function readSqlModels(project: Project): Promise<readonly SqlModel[]> {
  const names = await readdir(join(project.projectDir, FOLDER)).catch(() => [])
  const files = names.filter((name) => name.endsWith('.yaml')).toSorted()
  return inOrder(await Promise.all(files.map((file) => readSqlModel(project, file.slice(0, -'.yaml'.length)))))
}

async function readSqlModel(project: Project, name: string): Promise<SqlModel> {
  const file = `${FOLDER}/${name}.yaml`
  const { value, problems, problemAt } = readConfig(SqlModelConfig, {
    file,
    text: await readFile(join(project.projectDir, file), 'utf8'),
    env: {},
  })
  if (value === null) throw problemsError(problems)
  if (value.model !== name)
    throw problemsError([problemAt(['model'], `"${value.model}" is not "${name}", the name of the file`)])
  const config = connectionOf(project, value.connection)
  if (config.kind !== 'postgres')
    throw problemsError([
      problemAt(['connection'], `"${value.connection}" is of the kind ${config.kind}; expected postgres`),
    ])
  const [schema = '', table] = (value.into ?? `${config.schema}.${name}`).split('.')
  const place = table === undefined ? { schema: config.schema, name: schema } : { schema, name: table }
  const sql = await readFile(join(project.projectDir, FOLDER, `${name}.sql`), 'utf8').catch(() => {
    throw new DaybreakError('CONFIG_MISSING', `there is no ${FOLDER}/${name}.sql next to its YAML`)
  })
  return { config: value, sql, table: place }
}

/** How the build of a model ended. */
export interface BuiltSqlModel {
  readonly model: string
  readonly outcome: 'replaced' | 'held' | 'failed' | 'waits'
  readonly rows: number | null
  readonly reason: string | null
}

type Opening = Parameters<typeof withDatabase>[2]

/** Builds models in their order. One that is not built keeps its rows, and those that read it wait. */
export async function buildSqlModels(
  project: Project,
  models: readonly SqlModel[],
  opening: Opening,
): Promise<readonly BuiltSqlModel[]> {
  const built: BuiltSqlModel[] = []
  for (const model of models) {
    const name = model.config.model
    const open = readsOf(model, models).find((read) =>
      built.some((each) => each.model === read && each.outcome !== 'replaced'),
    )
    if (open !== undefined) {
      built.push({ model: name, outcome: 'waits', rows: null, reason: `${open} is not built` })
      continue
    }
    built.push(
      await withDatabase(project, model.config.connection, opening, ({ session }) =>
        buildSqlModel(model, session),
      ).then(
        (rows): BuiltSqlModel => ({ model: name, outcome: 'replaced', rows, reason: null }),
        (error: unknown): BuiltSqlModel => {
          const { code, message } = toDaybreakError(error)
          if (code !== 'MODEL_HELD' && code !== 'MODEL_FAILED') throw error
          return { model: name, outcome: code === 'MODEL_HELD' ? 'held' : 'failed', rows: null, reason: message }
        },
      ),
    )
  }
  return built
}
