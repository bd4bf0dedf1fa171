import type { Dialect } from '../../sql/dialect.ts'
import type { Contract, RowCheck } from '../contract.ts'
import { compileRowCheck } from '../expression/expression.ts'
import { CLOSEOUT_HOUR, contractScope } from '../scope.ts'

/**
 * The condition of a check of rows as SQL over the table, with its names in quotes; null where it needs the closeout hour of
 * the location, which no table has.
 */
export function rowCheckSql(check: RowCheck, contract: Contract, dialect: Dialect): string | null {
  let isOfTable = true
  const sql = (column: string): string => {
    if (column === CLOSEOUT_HOUR) isOfTable = false
    return dialect.identifier(column)
  }
  const compiled = compileRowCheck(check, contractScope(contract, { dialect, sql }))
  return isOfTable ? compiled.sql : null
}
