import { createHmac } from 'node:crypto'
import type { Column, Privacy } from '../contract/contract.ts'

const BLOCK = 64
const SHOWN = 2

/**
 * SQL of a text after its privacy class. Empty stays empty, so that checks for presence mean the same.
 * DuckDB has no HMAC: it is put together from two SHA-256, with the padded keys written into the statement.
 */
export function protectSql(privacy: Privacy, text: string, key: Uint8Array): string {
  switch (privacy) {
    case 'keep':
      return text
    case 'drop':
      return 'CAST(NULL AS VARCHAR)'
    case 'mask':
      // `least` and `greatest` of DuckDB pass over NULL, so they would turn an empty value into stars.
      return `CASE WHEN length(${text}) > ${SHOWN} THEN repeat('*', length(${text}) - ${SHOWN}) || right(${text}, ${SHOWN}) ELSE repeat('*', length(${text})) END`
    case 'hash':
      return `sha256(${padded(key, 0x5c)} || unhex(sha256(${padded(key, 0x36)} || encode(${text}))))`
  }
}

/** The result of `protectSql` for one value: null for a dropped one. */
export function protectText(privacy: Privacy, text: string, key: Uint8Array): string | null {
  if (privacy === 'keep') return text
  if (privacy === 'drop') return null
  if (privacy === 'hash') return createHmac('sha256', key).update(text).digest('hex')
  const characters = [...text]
  const hidden = characters.length > SHOWN ? characters.length - SHOWN : characters.length
  return '*'.repeat(hidden) + characters.slice(hidden).join('')
}

/** True when rejects, messages and checks may show the values of a column. */
export function isPublic({ privacy }: Pick<Column, 'privacy'>): boolean {
  return privacy === 'keep'
}

// RFC 2104: a key shorter than a block is filled with zeros.
function padded(key: Uint8Array, pad: number): string {
  const block = Buffer.alloc(BLOCK)
  block.set(key)
  const escaped = [...block].map((byte) => `\\x${(byte ^ pad).toString(16).padStart(2, '0')}`)
  return `'${escaped.join('')}'::BLOB`
}
