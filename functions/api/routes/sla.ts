import { localDate } from '../../lib/business-date.ts'
import type { SlaDay } from '../../notify/sla.ts'
import { reportOf } from '../../watch/report.ts'
import type { ApiHandler } from '../call.ts'
import { notifyOf } from './settings.ts'

/** The report of a month, as `daybreak sla` prints it. */
export const showSla: ApiHandler<'GET /api/sla'> = async ({ query }, context) => {
  const month = query.month ?? localDate(context.now(), 'UTC').slice(0, 7)
  const { reports, message, html, csv } = await reportOf(month, {
    ...{ ledger: context.ledger, clock: context.ports.clock, definitions: context.definitions },
    config: await notifyOf(context),
    environment: context.project.environment.environment,
  })
  if (query.format === 'csv') return file('text/csv; charset=utf-8', csv, `daybreak-${month}.csv`)
  if (query.format === 'html') return file('text/html; charset=utf-8', html, `daybreak-${month}.html`)
  return {
    body: {
      month,
      sentence: message.title,
      lines: [...message.lines],
      reports: reports.map(({ pipeline, figures, missed, closed }) => ({
        pipeline,
        figures: [...figures],
        missed: missed.map(dayAnswer),
        closed: closed.map(dayAnswer),
      })),
    },
  }
}

function dayAnswer({ shard, name, date, late }: SlaDay) {
  return { shard, shardName: name, window: date, lateSeconds: typeof late === 'number' ? late / 1000 : null }
}

function file(type: string, text: string, fileName: string) {
  const chunks = (async function* () {
    yield text
  })()
  return { type, chunks, fileName }
}
