import { describe, expect, it } from 'vitest'
import { readArrival } from '../../../functions/handlers/arrival.ts'
import { DAYS } from '../../../functions/lib/window-unit.ts'

const inbox = {
  pipeline: 'shops',
  bucket: 'drop',
  root: '/in',
  layout: { path: '{shard}/{window}/{file}', cut: DAYS, files: ['sales.csv'] },
}
const stored = (name: string) =>
  readArrival({ headers: { 'ce-type': 'google.cloud.storage.object.v1.finalized' }, body: { bucket: 'drop', name } }, [
    inbox,
  ])
const message = (data: object) =>
  readArrival(
    {
      headers: {},
      body: {
        message: {
          messageId: '1',
          publishTime: '2026-03-02T00:00:00Z',
          data: Buffer.from(JSON.stringify(data)).toString('base64'),
        },
        subscription: 'projects/p/subscriptions/s',
      },
    },
    [inbox],
  )

describe('an arrival for a pipeline of files', () => {
  it('is of the shard and window that the path of the object says', () => {
    expect(stored('in/hill/2026-03-01/sales.csv')).toEqual({ pipeline: 'shops', location: 'hill', date: '2026-03-01' })
  })

  it.each(['in/hill/2026-03-01/notes.txt', 'in/1001/20260301/sales.csv', 'out/hill/2026-03-01/sales.csv'])(
    'is none for %s',
    (name) => expect(stored(name)).toBeNull(),
  )

  it('may be named by its shard and window', () => {
    expect(message({ pipeline: 'shops', shard: 'hill', window: '2026-03-01' })).toEqual({
      pipeline: 'shops',
      location: 'hill',
      date: '2026-03-01',
    })
    expect(() => message({ shard: '../x', window: '2026-03-01' })).toThrow(/names no arrival/)
  })
})
