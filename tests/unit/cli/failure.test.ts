import { describe, expect, it } from 'vitest'
import { exitCodeOfError, nextCommand, renderFailure } from '../../../cli/failure.ts'
import { DaybreakError, ERRORS, type ErrorCode } from '../../../functions/errors.ts'

const calm = new AbortController().signal

function aborted(signal: string): AbortSignal {
  return AbortSignal.abort(new DaybreakError('CANCELLED', 'stopped', { details: { signal } }))
}

describe('exit codes', () => {
  it.each([
    ['SOURCE_UNREACHABLE', 1],
    ['INTERNAL', 1],
    ['USAGE_INVALID', 2],
    ['CONFIG_INVALID', 2],
    ['CHECK_BLOCKED', 3],
    ['NOT_RECONCILED', 3],
    ['DRIFT_MISSING_REQUIRED', 4],
    ['INCOMPLETE', 5],
  ] as const)('%s is %i', (code, expected) => {
    expect(exitCodeOfError(new DaybreakError(code, 'x'), calm)).toBe(expected)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s is %i, also when more failed after it', (signal, expected) => {
    expect(exitCodeOfError(new DaybreakError('SOURCE_UNREACHABLE', 'x'), aborted(signal))).toBe(expected)
  })
})

describe('the next command', () => {
  it.each(Object.keys(ERRORS))('after %s can be pasted', (code) => {
    const known = Object.keys(ERRORS).find((each): each is ErrorCode => each === code) ?? 'INTERNAL'
    expect(nextCommand(new DaybreakError(known, 'x'))).toMatch(/^daybreak [a-z]+( [a-z-]+| [A-Z_]{6,})*$/)
  })

  it('is that of the error when it knows better', () => {
    const error = new DaybreakError('FILE_CHANGED', 'x', { details: { next: 'daybreak run toast --date 2026-11-20' } })
    expect(nextCommand(error)).toBe('daybreak run toast --date 2026-11-20')
  })
})

describe('a failure', () => {
  const error = new DaybreakError('FILE_CHANGED', '/export/\u001b[2JOrders.csv is no longer the file that was listed')

  it('is told as code, sentence, remedy and a command to paste', () => {
    const text = renderFailure(error, { format: 'table', color: false, verbose: false })
    expect(text).toBe(
      `[FILE_CHANGED] /export/\\u001b[2JOrders.csv is no longer the file that was listed\n  ${ERRORS.FILE_CHANGED.remedy}\n  $ daybreak explain FILE_CHANGED\n`,
    )
  })

  it('is one line of JSON for a program, without a stack', () => {
    const text = renderFailure(error, { format: 'ndjson', color: false, verbose: false })
    expect(text.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(text).error).toMatchObject({ code: 'FILE_CHANGED', retryable: true })
    expect(text).not.toContain('stack')
  })

  it('shows its stack and its cause when asked', () => {
    const caused = new DaybreakError('INTERNAL', 'x', { cause: new Error('the cause') })
    expect(renderFailure(caused, { format: 'table', color: false, verbose: true })).toContain(
      'caused by Error: the cause',
    )
  })
})
