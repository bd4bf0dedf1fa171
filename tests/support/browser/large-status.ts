import type { Page } from 'playwright-core'
import { addDays } from '../../../functions/lib/business-date.ts'

/** Extent of a matrix. */
interface Extent {
  readonly shards: number
  readonly windows: number
}

const FIRST = '2026-10-01'

/** Puts a matrix of many shards in the place of the one that the server answers: its streams, one file in 97 missing. */
export async function enlargeStatus(page: Page, { shards, windows }: Extent): Promise<void> {
  await page.route('**/api/status*', async (route) => {
    const response = await route.fetch()
    const status = await response.json()
    const streams: number = status.streams.length
    const none = Array.from({ length: shards }, () => null)
    const window = (at: number) => {
      const missing = (shard: number, stream: number) => (shard * 31 + at * 7 + stream) % 97 === 0
      const cells = Array.from({ length: shards * streams }, (_, cell) =>
        missing(Math.floor(cell / streams), cell % streams) ? '!' : 'o',
      ).join('')
      const verdicts = Array.from({ length: shards }, (_, shard) =>
        cells.slice(shard * streams, (shard + 1) * streams).includes('!') ? 'i' : 'c',
      ).join('')
      const day = addDays(FIRST, at)
      return { window: day, at: `${day}T00:00:00Z`, cells, verdicts, dueAt: none, lateAt: none, goneAt: none }
    }
    const body = {
      ...status,
      shards: Array.from({ length: shards }, (_, at) => ({
        ...{ id: String(at), name: `Location ${at}`, timeZone: 'America/New_York', closeout: '04:00' },
      })),
      windows: Array.from({ length: windows }, (_, at) => window(at)),
      disputes: [],
    }
    await route.fulfill({ response, json: body })
  })
}
