import { columnChecks } from '../contract/column-rules.ts'
import type { Column, Contract, RowCheck, UniqueCheck } from '../contract/contract.ts'
import { compileRowCheck } from '../contract/expression/expression.ts'
import { checkScope, type Place } from './duckdb/column-sql.ts'
import type { TextRule } from './duckdb/text-column.ts'

/** A condition of a single row. `holds` is SQL that is true or false, never NULL. */
export type RowRule =
  | { readonly kind: 'column'; readonly column: Column; readonly holds: string }
  | {
      readonly kind: 'text'
      readonly column: Column
      readonly rule: TextRule
      /** The same where the characters of texts are known to be plain, but for line breaks perhaps; null when it always holds. */
      readonly simple: Readonly<Record<'plain' | 'lines', string | null>>
      readonly holds: string
    }
  | { readonly kind: 'check'; readonly check: RowCheck; readonly columns: readonly string[]; readonly holds: string }

/** A rule that can reject a row. */
export type Rule = RowRule | { readonly kind: 'unique'; readonly check: UniqueCheck }

/** Keys whose repetition rejects the row. */
export function uniqueRules({ checks }: Contract): readonly Rule[] {
  return checks.flatMap((check): readonly Rule[] => {
    return 'unique' in check && check.effect === 'quarantine' ? [{ kind: 'unique', check }] : []
  })
}

/** Checks that reject a row: those of its columns, then those of the contract, each in its order. */
export function rejectingChecks(contract: Contract): readonly RowCheck[] {
  const checks = contract.checks.filter((check) => 'that' in check)
  return [...columnChecks(contract), ...checks.filter(({ effect }) => effect === 'quarantine')]
}

/** The same as rules of rows. @throws {DaybreakError} EXPRESSION_INVALID. */
export function quarantineRules(contract: Contract, place: Place | null): readonly RowRule[] {
  return rejectingChecks(contract).map((check) => {
    const { sql, columns } = compileRowCheck(check, checkScope(contract, place))
    return { kind: 'check', check, columns, holds: `coalesce(${sql}, true)` }
  })
}
