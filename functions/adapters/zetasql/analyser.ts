import { z } from 'zod'
import type { Analyser, FilledTable, KnownTable, NamedTable } from '../../models/analyser.ts'
import { catalogOf, contentOf, fullNameOf } from './catalog.ts'
import { startZetasqlServer } from './client.ts'
import { sqlError } from './errors.ts'
import { bigqueryLanguage, optionsOf } from './language.ts'
import { renameTables, tablePaths } from './paths.ts'
import { hasStar } from './star.ts'
import { readQuery } from './tree.ts'
import { TypeProto, toText } from './values.ts'

/** Places to look for the package in. */
export interface AnalyserOptions {
  /** Each folder and those above it: the project, then the program. */
  readonly folders: readonly string[]
}

const Analyzed = z.object({ resolvedStatement: z.unknown() })
const Evaluated = z.object({
  content: z
    .object({
      tableData: z.object({ row: z.array(z.object({ cell: z.array(z.unknown()).default([]) })).default([]) }).nullish(),
    })
    .nullish(),
  prepared: z.object({ columns: z.array(z.object({ name: z.string().optional(), type: TypeProto })).default([]) }),
})

/**
 * Google's analyser and evaluator in a process of its own, which ends with this one. Open it once for many queries: the start takes
 * a second. @throws {DaybreakError} ANALYSER_MISSING where the package is not installed.
 */
export async function openZetasqlAnalyser({ folders }: AnalyserOptions): Promise<Analyser> {
  const server = await startZetasqlServer(folders)
  const language = await bigqueryLanguage(server, ['RESOLVED_QUERY_STMT'])
  const options = {
    ...optionsOf(language, {}),
    parseLocationRecordType: 'PARSE_LOCATION_RECORD_FULL_NODE_SCOPE',
    pruneUnusedColumns: true,
  }
  return {
    async analyse(source, tables) {
      const ask = (method: string, request: object) =>
        server.call(method, request).catch((error: unknown) => {
          throw sqlError(error, source)
        })
      const request = {
        sqlStatement: source.text,
        options,
        simpleCatalog: catalogOf(language, tables.map(toSqlTable)),
      }
      // Before the parser, which gives no place of an error.
      const { resolvedStatement } = Analyzed.parse(await ask('Analyze', request))
      const parsed = await ask('Parse', { sqlStatement: source.text, options: language })
      return { query: readQuery(resolvedStatement), names: namesIn(parsed), hasStar: hasStar(parsed) }
    },
    async evaluate(source, tables) {
      const ask = (method: string, request: object) =>
        server.call(method, request).catch((error: unknown) => {
          throw sqlError(error, source)
        })
      const filled = tables.map((table) => ({ ...toSqlTable(table), rows: table.rows }))
      const paths = tablePaths(await ask('Parse', { sqlStatement: source.text, options: language }))
      const { content, prepared } = Evaluated.parse(
        await ask('EvaluateQuery', {
          sql: renameTables(source.text, paths, (names) => fullNameOf(names.join('.'), filled)),
          options: optionsOf(language, {}),
          simpleCatalog: catalogOf(language, filled),
          tableContent: contentOf(filled),
        }),
      )
      return {
        columns: prepared.columns.map(({ name = '' }) => name),
        rows: (content?.tableData?.row ?? []).map(({ cell }) =>
          prepared.columns.map(({ type }, at) => toText(cell[at] ?? {}, type)),
        ),
      }
    },
    close: () => server.close(),
  }
}

function toSqlTable({ name, columns }: KnownTable | FilledTable) {
  return { name, columns: columns.map((column) => ({ name: column.name, type: column.type.toUpperCase() })) }
}

function namesIn(parsed: unknown): readonly NamedTable[] {
  return tablePaths(parsed).map(({ names, start, end, hasAlias }) => ({
    start,
    end,
    hasAlias,
    alias: names.at(-1)?.split('.').at(-1) ?? '',
  }))
}
