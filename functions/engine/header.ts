import { parse } from 'csv-parse/sync'
import { DaybreakError } from '../errors.ts'

/**
 * The names in a header record, exactly as they stand there.
 * @throws {DaybreakError} FILE_UNREADABLE when the text is no header: no name at all, an empty one, NUL, or a broken quote.
 */
export function readHeader(text: string, file: string): readonly string[] {
  if (text.includes('\0'))
    throw unreadable(file, 'its header holds NUL bytes, so it is UTF-16, compressed, or no text at all')
  const names = headerFields(text, file)
  const empty = names.findIndex((name) => name.trim() === '')
  if (names.length === 0 || (names.length === 1 && empty === 0)) throw unreadable(file, 'it has no header line')
  if (empty >= 0) throw unreadable(file, `field ${empty + 1} of its header has no name`)
  return names
}

function headerFields(text: string, file: string): readonly string[] {
  try {
    const [names = []] = parse(text, { bom: false, relax_column_count: true })
    return names
  } catch (error) {
    throw unreadable(file, `its header is not CSV: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** An error that says why no row of a file can be trusted. */
export function unreadable(file: string, problem: string): DaybreakError {
  return new DaybreakError('FILE_UNREADABLE', `${file} cannot be read: ${problem}`)
}
