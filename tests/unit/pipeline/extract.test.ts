import { expect, it } from 'vitest'
import { DaybreakError, type ErrorCode } from '../../../functions/errors.ts'
import { createVirtualClock } from '../../../functions/lib/virtual-clock.ts'
import type { Source } from '../../../functions/pipeline/ports.ts'
import { openSession } from '../../../functions/pipeline/steps/extract.ts'

const source: Source = {
  listFolders: async () => [],
  listFiles: async () => ({ files: [], others: [], isWhole: true }),
  read: async function* () {},
  close: async () => undefined,
}

/** A session whose work fails as often as told; counts connections. */
async function attempt(code: ErrorCode, failures: number) {
  let connections = 0
  let tries = 0
  const connector = {
    name: 'test',
    connect: async () => {
      connections++
      return source
    },
  }
  const session = openSession(connector, createVirtualClock({ now: 0 }))
  const outcome = await session
    .use(async () => {
      if (tries++ < failures) throw new DaybreakError(code, 'planted')
      return 'done'
    })
    .catch((error: DaybreakError) => error.code)
  await session.close()
  return { outcome, connections }
}

it('fault 8: tries again on a fresh connection when one breaks', async () => {
  expect(await attempt('SOURCE_UNREACHABLE', 2)).toEqual({ outcome: 'done', connections: 3 })
})

it('gives up after three connections', async () => {
  expect(await attempt('SOURCE_LISTING_FAILED', 9)).toEqual({ outcome: 'SOURCE_LISTING_FAILED', connections: 3 })
})

it.each<ErrorCode>(['SOURCE_HOST_KEY_MISMATCH', 'SOURCE_AUTH_FAILED', 'SOURCE_CIRCUIT_OPEN'])(
  'faults 4 and 5: does not try again after %s',
  async (code) => {
    expect(await attempt(code, 1)).toEqual({ outcome: code, connections: 1 })
  },
)

it('fault 11: a file that changed is not read again at once, and costs no connection', async () => {
  expect(await attempt('FILE_CHANGED', 1)).toEqual({ outcome: 'FILE_CHANGED', connections: 1 })
})
