const BEGIN = /-----BEGIN ([A-Z0-9 ]+)-----/

/**
 * The text of a key file as tools expect it. What secrets go through leaves marks: literal `\n`, CRLF, quotes, indentation, one
 * long line, base64 around all of it, or parameters and attributes before the key.
 */
export function cleanKeyText(bytes: Uint8Array): string {
  const given = Buffer.from(bytes).toString('utf8')
  const plain = unquote(BEGIN.test(given) ? given : decodeBase64(given))
  const lines = plain
    .replaceAll('\\r', '')
    .replaceAll('\\n', '\n')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
  return block(lines.join('\n')) ?? `${lines.join('\n').trim()}\n`
}

function unquote(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .trim()
    .replace(/^(["'])([\s\S]*)\1$/, '$2')
}

function decodeBase64(text: string): string {
  const body = unquote(text).replace(/\s/g, '')
  if (!/^[A-Za-z0-9+/]+=*$/.test(body)) return text
  const decoded = Buffer.from(body, 'base64').toString('utf8')
  return BEGIN.test(decoded) ? decoded : text
}

/** The block of the private key, or of the first one; null when there is none. A block in one line is broken again. */
function block(text: string): string | null {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)]
  const [all = null, label, body = ''] = blocks.find(([, name]) => name?.includes('PRIVATE KEY')) ?? blocks[0] ?? []
  if (all === null) return null
  if (body.trim().includes('\n')) return `${all}\n`
  const broken = body.replace(/\s/g, '').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...broken, `-----END ${label}-----`, ''].join('\n')
}

/** Names a text that is no usable private key, for the message. Null when it looks like one. */
export function describeKeyText(text: string): string | null {
  const [, putty] = /^PuTTY-User-Key-File-(\d)/.exec(text) ?? []
  if (putty !== undefined)
    return `it is a PuTTY key (PPK version ${putty}); convert it with \`puttygen KEY.ppk -O private-openssh -o KEY\``
  const [, label] = BEGIN.exec(text) ?? []
  if (label === undefined) {
    if (/^(ssh|ecdsa)-\S+ AAAA/.test(text)) return 'it is a public key; the private one belongs here'
    return 'it has no line -----BEGIN ... PRIVATE KEY-----'
  }
  if (label.includes('PUBLIC KEY')) return 'it is a public key; the private one belongs here'
  if (!label.includes('PRIVATE KEY')) return `it is a ${label.toLowerCase()}; a private key belongs here`
  if (!text.includes(`-----END ${label}-----`)) return `it is cut off: the line -----END ${label}----- is missing`
  return null
}
