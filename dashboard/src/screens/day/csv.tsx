import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { csvOf } from '../../data/csv.ts'
import { Button } from '../../parts/button.tsx'

type Day = ApiAnswer<'GET /api/days/{pipeline}/{window}'>

/** Saves the sums of the day, file by file, as CSV. */
export function Csv({ day }: { readonly day: Day }) {
  const save = () => {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([sheetOf(day)], { type: 'text/csv' }))
    link.download = `${day.pipeline}-${day.window}.csv`
    link.click()
    URL.revokeObjectURL(link.href)
  }
  return <Button onClick={save}>Save as CSV</Button>
}

function sheetOf({ window, lines }: Day): string {
  const heads = ['window', 'shard', 'name', 'stream', 'sum', 'part', 'table', 'equal']
  const rows = lines.flatMap(({ shard, shardName, stream, partRows, tableRows, money, isBalanced }) => {
    const place = [window, shard, shardName, stream]
    const equal = isBalanced ? 'yes' : 'no'
    return [
      [...place, 'rows', String(partRows), String(tableRows ?? ''), equal],
      ...money.map(({ column, part, table }) => [...place, column, part, table ?? '', equal]),
    ]
  })
  return csvOf([heads, ...rows])
}
