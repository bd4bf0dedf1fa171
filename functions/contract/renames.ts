import type { RenamedColumn } from '../sql/alter.ts'
import type { Contract } from './contract.ts'
import { foldHeader, headersOf } from './drift.ts'

/** Columns that have another name in the successor of a contract: those that read the same header of the file. */
export function renamesOf(before: Contract, after: Contract): readonly RenamedColumn[] {
  const kept = new Set(after.columns.map(({ name }) => name))
  const old = new Set(before.columns.map(({ name }) => name))
  const gone = before.columns.filter(({ name }) => !kept.has(name))
  return after.columns
    .filter(({ name }) => !old.has(name))
    .flatMap((column) => {
      const headers = new Set(headersOf(column).map(foldHeader))
      const from = gone.find((each) => headersOf(each).some((header) => headers.has(foldHeader(header))))
      return from ? [{ from: from.name, to: column.name }] : []
    })
}
