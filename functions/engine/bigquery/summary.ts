import type { Contract } from '../../contract/contract.ts'
import { totalColumns } from '../../contract/table.ts'
import { quoteIdentifier } from '../../sql/dialects/bigquery/quote.ts'
import { OWN } from './columns.ts'
import { SHARD, WINDOW } from './sheet.ts'

/**
 * One row per file: shard, window, `records` as the cut counted them with the header, `accepted`, `rejected`,
 * and for each numeric column of the file `total_<column>`: its exact sum as text with the decimal places of the column.
 */
export function summarySql(contract: Contract, judged: string, files: string): string {
  const scales = new Map(contract.columns.map(({ name, scale }) => [name, scale]))
  const accepted = `ARRAY_LENGTH(j.${OWN.failures}) = 0`
  const totals = totalColumns(contract).map((name) => {
    const value = `CAST(j.${quoteIdentifier(name)} AS BIGNUMERIC)`
    const sum = `COALESCE(SUM(IF(${accepted}, ${value}, NULL)), BIGNUMERIC '0')`
    return `FORMAT('%.${scales.get(name) ?? 9}f', ${sum}) AS ${quoteIdentifier(`total_${name}`)}`
  })
  const counts = [
    `f.${SHARD}, f.${WINDOW}, ANY_VALUE(f.records) AS records`,
    `COUNTIF(${accepted}) AS accepted`,
    `COUNTIF(ARRAY_LENGTH(j.${OWN.failures}) > 0) AS rejected`,
  ]
  return [
    `SELECT ${[...counts, ...totals].join(', ')} FROM ${files} AS f LEFT JOIN ${judged} AS j`,
    `ON f.${SHARD} = j.${SHARD} AND f.${WINDOW} = j.${WINDOW} GROUP BY f.${SHARD}, f.${WINDOW}`,
  ].join(' ')
}

/** Statement that fails unless every record is the header, an accepted row or a reject, once. */
export function reconcileSql(judged: string, files: string): string {
  const counted = [
    `SELECT f.${SHARD} FROM ${files} AS f LEFT JOIN ${judged} AS j`,
    `ON f.${SHARD} = j.${SHARD} AND f.${WINDOW} = j.${WINDOW}`,
    `GROUP BY f.${SHARD}, f.${WINDOW} HAVING ANY_VALUE(f.records) <> 1 + COUNT(j.${OWN.record})`,
  ].join(' ')
  return `ASSERT NOT EXISTS (${counted}) AS 'records are not header + accepted + rejected'`
}
