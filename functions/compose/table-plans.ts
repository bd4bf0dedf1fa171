import type { RunScope } from '../pipeline/entities.ts'
import type { Ports } from '../pipeline/ports.ts'
import { expectPlan, previewTables, type TablesPlan } from '../pipeline/tables/preview.ts'
import type { TableDefinition, TableTools } from '../pipeline/tables/tools.ts'
import { type FirstRows, firstTableRows } from './first-table-rows.ts'

/** Plans of pipelines of tables. All of it only asks. */
export interface TablePlans {
  plan(definition: TableDefinition, scope: Pick<RunScope, 'streams'>): Promise<TablesPlan>
  /** @throws {DaybreakError} PLAN_CHANGED when the plan of this id is not what a run would do. */
  expect(id: string, definition: TableDefinition, scope: Pick<RunScope, 'streams'>): Promise<void>
  /** The first rows of the next window of a stream, mapped; null where nothing is to be read. */
  firstRows(definition: TableDefinition, stream: string, most: number): Promise<FirstRows | null>
}

/** Plans with the readers of a project. */
export function tablePlans(tools: TableTools, ports: Ports): TablePlans {
  return {
    plan: (definition, scope) => previewTables({ definition, scope, tools }, ports),
    expect: (id, definition, scope) => expectPlan(id, { definition, scope, tools }, ports),
    firstRows: (definition, stream, most) => firstTableRows({ definition, stream, most }, tools, ports),
  }
}
