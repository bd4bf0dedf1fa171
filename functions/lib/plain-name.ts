const MAX_BYTES = 255

/**
 * True for a name that is safe to put into a path: one component, no control character, at most 255 bytes of valid UTF-8.
 * Names from a server or a disk are untrusted input.
 */
export function isPlainName(name: string): boolean {
  if (name === '' || name === '.' || name === '..') return false
  // U+FFFD stands for bytes that were not UTF-8: such a name does not lead back to its file.
  if (/[/\\\u0000-\u001f\u007f-\u009f\ufffd]/.test(name)) return false
  return Buffer.byteLength(name) <= MAX_BYTES
}

/** A name for a message: always quoted, escaped and short. */
export function quoteName(name: string): string {
  return quoteText(name, 60)
}

/** Foreign text for a message: quoted, with every invisible character escaped, and cut after 200 characters unless told. */
export function quoteText(text: string, most = 200): string {
  const characters = [...text]
  const cut = characters.length > most ? `${characters.slice(0, most).join('')}...` : text
  return JSON.stringify(cut).replace(/(?! )[\p{C}\p{Z}]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`)
}
