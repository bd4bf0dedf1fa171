import { DaybreakError } from '../../errors.ts'

/** For `catch`: no answer came. */
export function toStorageError(what: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof Error && error.name === 'AbortError')
      throw new DaybreakError('CANCELLED', `cancelled: ${what}`, { cause: error })
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
    throw new DaybreakError('SOURCE_UNREACHABLE', `cannot ${what}: ${String(error)}${cause}`, { cause: error })
  }
}

/** An answer that is a refusal or a failure, with the words of the store. */
export function deniedOr(status: number, what: string, xml: string): DaybreakError {
  const said = /<Message>(.*?)<\/Message>/s.exec(xml)?.[1] ?? ''
  const message = `cannot ${what}: HTTP ${status}${said === '' ? '' : `, ${said.slice(0, 300)}`}`
  return new DaybreakError(status === 401 || status === 403 ? 'STORAGE_DENIED' : 'STORAGE_FAILED', message)
}
