import type { Privacy } from '../../contract/contract.ts'

/** The query parameter that holds the privacy key, as BYTES: no statement ever does. */
export const KEY_PARAMETER = 'privacy_key'

const BLOCK = 64
const SHOWN = 2

/** SQL of the two padded keys of HMAC, to be worked out once for all rows. */
export function padsSql(): { readonly inner: string; readonly outer: string } {
  // RFC 2104: a key longer than a block is hashed, a shorter one is filled with zeros.
  const key = `IF(LENGTH(@${KEY_PARAMETER}) > ${BLOCK}, SHA256(@${KEY_PARAMETER}), @${KEY_PARAMETER})`
  const block = `RPAD(${key}, ${BLOCK}, b'\\x00')`
  const pad = (byte: string): string => `${block} ^ REPEAT(b'\\x${byte}', ${BLOCK})`
  return { inner: pad('36'), outer: pad('5c') }
}

/** SQL of a text after its privacy class. `pads` are columns that hold the padded keys. */
export function protectSql(
  privacy: Privacy,
  text: string,
  pads: { readonly inner: string; readonly outer: string },
): string {
  const length = `CHAR_LENGTH(${text})`
  switch (privacy) {
    case 'keep':
      return text
    case 'drop':
      return 'CAST(NULL AS STRING)'
    case 'mask':
      return `IF(${length} > ${SHOWN}, CONCAT(REPEAT('*', ${length} - ${SHOWN}), RIGHT(${text}, ${SHOWN})), REPEAT('*', ${length}))`
    case 'hash':
      return `TO_HEX(SHA256(CONCAT(${pads.outer}, SHA256(CONCAT(${pads.inner}, CAST(${text} AS BYTES))))))`
  }
}
