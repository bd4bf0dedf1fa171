import { openDuckdbEvaluator } from '../../functions/adapters/duckdb/evaluator.ts'
import { openZetasqlAnalyser } from '../../functions/adapters/zetasql/analyser.ts'
import type { Analysis, FilledTable } from '../../functions/models/analyser.ts'
import { compileQuery, holesOf } from '../../functions/models/compile/query.ts'
import { fillHoles } from '../../functions/models/compiled.ts'
import { tableScansOf } from '../../functions/models/tree.ts'

/** A table with rows, and the columns that identify a row. */
export interface KeyedTable extends FilledTable {
  readonly key: readonly string[]
}

/** Outcome of a query in one engine: sorted rows as JSON, or that it failed. */
export type Outcome = readonly string[] | 'fails'

export interface BothEngines {
  analyse(sql: string, tables: readonly KeyedTable[]): Promise<Analysis>
  /** SQL for DuckDB, its holes filled. @throws {DaybreakError} MODEL_REFUSED. */
  duckdbText(sql: string, tables: readonly KeyedTable[]): Promise<string>
  /** The same query in both. @throws {DaybreakError} for a query that is refused. */
  run(sql: string, tables: readonly KeyedTable[]): Promise<{ readonly google: Outcome; readonly duckdb: Outcome }>
  close(): Promise<void>
}

/** Google's evaluator and DuckDB next to each other, for a test file. */
export async function openBothEngines(): Promise<BothEngines> {
  const analyser = await openZetasqlAnalyser({ folders: [process.cwd()] })
  const duckdb = await openDuckdbEvaluator()
  const analyse = (sql: string, tables: readonly KeyedTable[]) =>
    analyser.analyse({ file: 'query.sql', text: sql }, tables)
  const compile = (sql: string, analysis: Analysis, tables: readonly KeyedTable[]) => {
    const order = holesOf(analysis.query, analysis.names)
    const scans = tableScansOf(analysis.query.scan)
    const tableAt = (hole: number) => scans.find(({ span }) => span?.start === order[hole]?.start)?.table ?? ''
    const text = compileQuery({ file: 'query.sql', text: sql }, analysis, {
      keysOf: (name) => tables.filter((table) => table.name === name).map(({ key }) => key),
      shapeOf(name, column) {
        const found = tables.find((table) => table.name === name)?.columns.find((each) => each.name === column)
        const scale = found?.scale ?? 9
        return { digits: (scale <= 8 ? 18 : 38) - scale, scale }
      },
    })
    return { google: fillHoles(text.bigquery, tableAt), duckdb: fillHoles(text.duckdb, tableAt) }
  }
  return {
    analyse,
    async duckdbText(sql, tables) {
      return compile(sql, await analyse(sql, tables), tables).duckdb
    },
    async run(sql, tables) {
      const analysis = await analyse(sql, tables)
      const text = compile(sql, analysis, tables)
      const types = analysis.query.output.map(({ column: { type } }) =>
        type.kind === 'scalar' ? type.name : type.kind,
      )
      const used = tables.filter(({ name }) => text.google.includes(name))
      const ask = (engine: typeof analyser | typeof duckdb, query: string) =>
        engine.evaluate({ file: 'query.sql', text: query }, used).then(
          ({ rows }) =>
            rows.map((row) => JSON.stringify(row.map((value, at) => plainValue(value, types[at] ?? '')))).toSorted(),
          () => 'fails' as const,
        )
      return { google: await ask(analyser, text.google), duckdb: await ask(duckdb, text.duckdb) }
    },
    async close() {
      await analyser.close()
      await duckdb.close()
    },
  }
}

// Sums of doubles depend on the order of their terms, in the last digits.
const SIGNIFICANT = 12

/** A value as both engines write it. */
export function plainValue(value: string | null, type: string): string | number | null {
  if (value === null) return null
  if (type === 'numeric') return value.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
  if (type !== 'float64') return value
  const number = Number(Number(value).toPrecision(SIGNIFICANT))
  return number === 0 ? 0 : number
}
