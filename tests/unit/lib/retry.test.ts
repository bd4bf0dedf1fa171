import { expect, it } from 'vitest'
import { DaybreakError, type ErrorCode } from '../../../functions/errors.ts'
import { type RetryOptions, withRetry } from '../../../functions/lib/retry.ts'

function options(changes: Partial<RetryOptions> = {}) {
  const pauses: number[] = []
  const sleep = async (milliseconds: number) => void pauses.push(milliseconds)
  return { pauses, options: { attempts: 4, sleep, random: () => 1, ...changes } }
}
const failing = (code: ErrorCode) => {
  const calls = { count: 0 }
  const work = async () => {
    calls.count++
    throw new DaybreakError(code, 'no')
  }
  return { calls, work }
}

it('tries again what may pass, with pauses that double, and throws the last failure', async () => {
  const { pauses, options: given } = options()
  const { calls, work } = failing('SOURCE_UNREACHABLE')

  await expect(withRetry(work, given)).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
  expect(calls.count).toBe(4)
  expect(pauses).toEqual([500, 1_000, 2_000])
})

it('draws half of each pause, and never pauses for more than half a minute', async () => {
  const { pauses, options: given } = options({ attempts: 10, random: () => 0 })
  await expect(withRetry(failing('SOURCE_UNREACHABLE').work, given)).rejects.toThrow()

  expect(pauses.slice(0, 3)).toEqual([250, 500, 1_000])
  expect(Math.max(...pauses)).toBe(15_000)
})

it('tries once what will not pass, and what is a defect', async () => {
  const { calls, work } = failing('SOURCE_AUTH_FAILED')
  await expect(withRetry(work, options().options)).rejects.toMatchObject({ code: 'SOURCE_AUTH_FAILED' })
  expect(calls.count).toBe(1)

  let defects = 0
  const defect = async () => {
    defects++
    throw new TypeError('undefined is not a function')
  }
  await expect(withRetry(defect, options().options)).rejects.toBeInstanceOf(TypeError)
  expect(defects).toBe(1)
})

it('stops at the first success, and tells which attempt it is', async () => {
  const attempts: number[] = []
  const result = await withRetry(async (attempt) => {
    attempts.push(attempt)
    if (attempt < 3) throw new DaybreakError('SOURCE_UNREACHABLE', 'no')
    return 'done'
  }, options().options)

  expect(result).toBe('done')
  expect(attempts).toEqual([1, 2, 3])
})

it('does not try again after the signal aborted', async () => {
  const abort = new AbortController()
  const { calls, work } = failing('SOURCE_UNREACHABLE')
  const { options: given } = options({ signal: abort.signal, onRetry: () => abort.abort() })

  await expect(withRetry(work, given)).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(calls.count).toBe(1)
})
