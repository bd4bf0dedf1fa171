import { basename, join } from 'node:path'
import { type Cut, createCutsConnector } from '../../functions/adapters/folder/cuts.ts'
import type { Daybreak } from '../../functions/compose.ts'
import { fileOf } from '../../functions/contract/contract.ts'
import { isPattern } from '../../functions/contract/file-name.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { toFolderName } from '../../functions/lib/business-date.ts'
import type { PipelineDefinition } from '../../functions/pipeline/definition.ts'
import type { RunScope } from '../../functions/pipeline/entities.ts'
import { downloadName } from '../../functions/pipeline/names.ts'
import { toShard } from '../../functions/pipeline/shard.ts'
import { chooseDays, type DayCandidate, type LeftOut, loadedDays } from '../../functions/pipeline/work/downloads.ts'
import { type GuestZone, guestsOf } from '../../functions/pipeline/work/import.ts'
import type { Call } from '../command.ts'
import { runNow } from '../commands/run.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { type Taken, takeFile } from './take.ts'

/** Files, location and scope of an import of downloads. */
interface DownloadRequest {
  readonly files: readonly string[]
  readonly location: string | null
  readonly zone: GuestZone
  readonly pipeline: string | undefined
  readonly scope: Pick<RunScope, 'force'>
}

const ROOT = '/downloads'

/** Splits downloaded files by business date and loads the days like any others. The whole files are archived as well. */
export async function importDownloads(request: DownloadRequest, call: Pick<Call, 'options' | 'context' | 'output'>) {
  const cuts: Cut[] = []
  const connector = createCutsConnector(ROOT, () => cuts)
  return await withDaybreak(
    call,
    async (daybreak) => {
      const pipeline = findPipeline(daybreak, request.pipeline)
      const id = request.location ?? onlyLocation(pipeline, request.files)
      const definition = await known(id, request, { daybreak, now: call.context.clock.now() })
      return await daybreak.ports.withScratch(async (scratch) => {
        const taken = await takeAll(request.files, { definition, id, scratch })
        const days = taken.flatMap((each) => ('refused' in each ? [] : each.days))
        const { chosen, left } = chooseDays(
          days,
          await loadedDays({ pipeline: pipeline.name, shard: id, days }, daybreak.ports.ledger),
        )
        await tell({ taken, chosen, left }, call.output)
        if (chosen.length === 0) throw nothingTaken(taken)
        await archive(taken, { definition, id }, daybreak)
        cuts.push(...days.filter((day) => chosen.includes(day)).map((day) => toCut(day, { definition, id })))
        const dates = [...new Set(chosen.map(({ date }) => date))].toSorted()
        const scope = { ...request.scope, perShard: [{ shard: id, windows: dates }], shards: [id] }
        return await runNow({ pipeline: definition.name, trigger: 'import', scope }, daybreak, call)
      })
    },
    { source: { connector, root: ROOT, minimumAge: 0 } },
  )
}

/** The pipeline once it knows the location. */
async function known(
  id: string,
  { zone, pipeline }: DownloadRequest,
  { daybreak, now }: { readonly daybreak: Daybreak; readonly now: number },
): Promise<PipelineDefinition> {
  const guests = guestsOf(findPipeline(daybreak, pipeline), [id], zone)
  await daybreak.rememberLocations(guests.map((guest) => ({ ...guest, at: now })))
  return findPipeline(daybreak, pipeline)
}

function onlyLocation({ shards: locations }: PipelineDefinition, files: readonly string[]): string {
  const [only, second] = locations
  if (only && !second) return only.id
  const example = `daybreak import ${files.length === 1 ? 'FILE' : 'FOLDER'} --location 1 --time-zone America/New_York`
  throw new DaybreakError('USAGE_INVALID', 'downloaded files do not say which location they are of; name it', {
    details: { next: example },
  })
}

interface Place {
  readonly definition: PipelineDefinition
  readonly id: string
}

async function takeAll(
  files: readonly string[],
  { definition, id, scratch }: Place & { readonly scratch: string },
): Promise<readonly Taken[]> {
  const config = definition.shards.find((location) => location.id === id)
  const closeoutHour = config?.closeoutHour ?? null
  if (!config || closeoutHour === null) throw new DaybreakError('LOCATION_UNKNOWN', `location ${id} is not known`)
  const location = { ...toShard(config), closeoutHour }
  const taken: Taken[] = []
  // One at a time: an unpacked file is deleted before the next.
  for (const file of files) taken.push(...(await takeFile(file, { definition, location, scratch })))
  return taken
}

async function archive(taken: readonly Taken[], { definition, id }: Place, { ports }: Daybreak): Promise<void> {
  for (const each of taken) {
    if ('refused' in each) continue
    const own = nameIn(fileOf(each.contract), each.file)
    const ending = /\.(zip|gz)$/i.exec(each.given)?.[0].toLowerCase()
    const file = ending === '.zip' ? 'archive.zip' : `${own}${ending ?? ''}`
    const name = downloadName({ pipeline: definition.name, shard: id }, file, each.sha256)
    await ports.objects.put(name, { path: each.given })
  }
}

function toCut(day: DayCandidate, { definition, id }: Place): Cut {
  const { file, stream, date, bytes, modifiedAt, local } = day
  const name = nameIn(definition.contracts.get(stream)?.file, file)
  return {
    folder: join(ROOT, id, toFolderName(date)),
    file: { path: `${file}#${date}`, name, bytes, modifiedAt },
    local,
  }
}

/** The name under which the nightly file would arrive: of a pattern that of the download. */
function nameIn(file: string | undefined, download: string): string {
  return file === undefined || isPattern(file) ? basename(download) : file
}

interface Told {
  readonly taken: readonly Taken[]
  readonly chosen: readonly { readonly file: string; readonly date: string; readonly rows: number }[]
  readonly left: readonly LeftOut[]
}

/** The files found, and those not taken with the reason. */
async function tell({ taken, chosen, left }: Told, output: Call['output']): Promise<void> {
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

function nothingTaken(taken: readonly Taken[]): DaybreakError {
  const reasons = taken.map(
    (each) => `${basename(each.file)}: ${'refused' in each ? each.refused : 'no day can be taken'}`,
  )
  const more = reasons.length > 5 ? `; and ${reasons.length - 5} more` : ''
  return new DaybreakError(
    'NOT_FOUND',
    `nothing to import in ${taken.length} files: ${reasons.slice(0, 5).join('; ')}${more}`,
  )
}
