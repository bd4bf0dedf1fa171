import { basename } from 'node:path'
import { type Cut, createCutsConnector } from '../../functions/adapters/folder/cuts.ts'
import {
  archiveDownloads,
  DOWNLOADS_ROOT,
  nothingTaken,
  onlyLocation,
  type TakenDownloads,
  takeDownloads,
} from '../../functions/compose/import/downloads.ts'
import type { RunScope } from '../../functions/pipeline/entities.ts'
import { type GuestZone, guestsOf } from '../../functions/pipeline/work/import.ts'
import type { Call } from '../command.ts'
import { runNow } from '../commands/run.ts'
import { findPipeline, withDaybreak } from '../open.ts'

/** Files, location and scope of an import of downloads. */
interface DownloadRequest {
  readonly files: readonly string[]
  readonly location: string | null
  readonly zone: GuestZone
  readonly pipeline: string | undefined
  readonly scope: Pick<RunScope, 'force'>
}

/** Splits downloaded files by business date and loads the days like any others. The whole files are archived as well. */
export async function importDownloads(request: DownloadRequest, call: Pick<Call, 'options' | 'context' | 'output'>) {
  const { files, zone } = request
  const cuts: Cut[] = []
  const connector = createCutsConnector(DOWNLOADS_ROOT, () => cuts)
  return await withDaybreak(
    call,
    async (daybreak) => {
      const { ports } = daybreak
      const before = findPipeline(daybreak, request.pipeline)
      const location = request.location ?? onlyLocation(before, files)
      const at = call.context.clock.now()
      await daybreak.rememberLocations(guestsOf(before, [location], zone).map((guest) => ({ ...guest, at })))
      const definition = findPipeline(daybreak, request.pipeline)
      return await ports.withScratch(async (scratch) => {
        const downloads = await takeDownloads({ files, definition, location }, scratch, ports)
        await tell(downloads, call.output)
        if (downloads.chosen.length === 0) throw nothingTaken(downloads.taken)
        await archiveDownloads(downloads.taken, { definition, location }, ports)
        cuts.push(...downloads.cuts)
        const scope = { ...request.scope, ...downloads.scope }
        return await runNow({ pipeline: definition.name, trigger: 'import', scope }, daybreak, call)
      })
    },
    { source: { connector, root: DOWNLOADS_ROOT, minimumAge: 0 } },
  )
}

/** The files found, and those not taken with the reason. */
async function tell({ taken, chosen, left }: TakenDownloads, output: Call['output']): Promise<void> {
  if (output.format !== 'table') return
  await output.rows({
    columns: [
      'file',
      'stream',
      { key: 'rows', align: 'right' },
      'first',
      'last',
      { key: 'days', align: 'right' },
      'note',
    ],
    rows: taken.map((each) => {
      if ('refused' in each)
        return {
          file: basename(each.file),
          stream: '',
          rows: null,
          first: '',
          last: '',
          days: null,
          note: `not taken: ${each.refused}`,
        }
      const own = chosen.filter(({ file }) => file === each.file)
      const note = each.undated > 0 ? `${each.undated} rows without a date that can be read` : ''
      const [first = '', last = ''] = [own[0]?.date, own.at(-1)?.date]
      return {
        file: basename(each.file),
        stream: each.contract.stream,
        rows: each.rows,
        first,
        last,
        days: own.length,
        note,
      }
    }),
  })
  const all = [...taken.flatMap((each) => ('refused' in each ? [] : each.left)), ...left]
  for (const { file, date, rows, why } of all.slice(0, 20))
    await output.text(`Not taken: ${rows} rows of ${date} in ${basename(file)}: ${why}`)
  if (all.length > 20) await output.text(`Not taken: ${all.length - 20} more days of these files`)
  await output.text('')
}
