import { DaybreakError, type ErrorCode } from '../../errors.ts'
import { lastingDiskError } from '../../lib/disk-failure.ts'

/** A failure of DuckDB, as a load sees it. */
export interface Failure {
  readonly code: Extract<ErrorCode, 'LOAD_REJECTED' | 'OBJECT_MISSING' | 'WAREHOUSE_FAILED'>
  /** False for a failure that another attempt may not meet: a full disk, too little memory, a defect. */
  readonly permanent: boolean
  readonly message: string
}

// DuckDB tells kinds of errors apart by the first words of the message, and by nothing else.
const ABOUT_THE_DATA =
  /^(Binder|Catalog|Constraint|Conversion|Invalid Input|Invalid type|Mismatch Type|Out of Range|Parser|Decimal|Serialization) Error/
const BROKEN_INSTANCE = /^(FATAL|INTERNAL) Error|database has been invalidated/

// Read from the messages of DuckDB 1.5: a file of other bytes, one that was cut off, a block whose checksum is wrong.
const DAMAGED =
  /not a valid DuckDB database file|[Cc]orrupt(ed)? (database|block|file)|checksum .*does not match|could not read enough bytes|[Cc]ould not read all bytes|Failed to (load|read) (metadata|checkpoint|database)|metadata pointer|WAL file .*(corrupt|truncated)|Serialization Error: Failed to deserialize/i

/** Sorts an error into what is wrong with the data and what is wrong with the machine. */
export function toFailure(error: unknown): Failure {
  if (error instanceof DaybreakError) {
    const code = error.code === 'OBJECT_MISSING' || error.code === 'LOAD_REJECTED' ? error.code : 'WAREHOUSE_FAILED'
    return { code, permanent: code !== 'WAREHOUSE_FAILED', message: error.message }
  }
  const message = firstLine(error)
  if (message.includes('No files found that match'))
    return { code: 'OBJECT_MISSING', permanent: true, message: `a part is not in object storage: ${message}` }
  if (ABOUT_THE_DATA.test(message)) return { code: 'LOAD_REJECTED', permanent: true, message }
  return { code: 'WAREHOUSE_FAILED', permanent: false, message }
}

/** True for an error after which DuckDB refuses all further work with this instance. */
export function isBroken(error: unknown): boolean {
  return BROKEN_INSTANCE.test(firstLine(error))
}

/** For `catch`: names what was tried. */
export function throwWarehouseFailed(what: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof DaybreakError) throw error
    const lasting = lastingWarehouseError(error, what)
    if (lasting) throw lasting
    throw new DaybreakError('WAREHOUSE_FAILED', `DuckDB could not ${what}: ${firstLine(error)}`, { cause: error })
  }
}

/** The error of a disk or file that stays as it is until a person acts; null for a failure that may pass. */
export function lastingWarehouseError(error: unknown, what: string): DaybreakError | null {
  if (error instanceof DaybreakError) return null
  if (!DAMAGED.test(firstLine(error))) return lastingDiskError(error, what)
  return new DaybreakError('WAREHOUSE_DAMAGED', `DuckDB could not ${what}: ${firstLine(error)}`, { cause: error })
}

/** The message without the statement that DuckDB quotes behind it. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n', 1)[0] ?? ''
}
