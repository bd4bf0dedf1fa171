/** Text that replaces a secret or a personal value. */
const HIDDEN = '[hidden]'

// Each is bounded, so that no text takes longer than its length to look through.
const PEM = /-----BEGIN [A-Z0-9 ]{1,60}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,60}-----|$)/g
// Base64url of `{"`, which every JSON token begins with; Google's access tokens; its API keys.
const TOKEN = /\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}|\bya29\.[A-Za-z0-9_.-]{8,}|\bAIza[A-Za-z0-9_-]{30,}/g
// With a digit in it, or it is a word of a sentence.
const SCHEME = /\b(bearer|basic)\s{1,3}(?=[A-Za-z+/=._~-]{0,200}\d)[A-Za-z0-9+/=._~-]{6,}/gi
const NAMED =
  /\b(password|passwd|passphrase|secret|api[_-]?key|access[_-]?token|refresh[_-]?token|id[_-]?token|private[_-]?key|x-goog-signature|sig|signature|upload_id)(["']?\s{0,3}[=:]\s{0,3}["']?)(?!\/\/)[^\s"'&,;})\]]{3,}/gi
const URL_PASSWORD = /(:\/\/[^\s/:@]{1,128}:)[^\s/@]{1,256}@/g
const EMAIL = /(:\/\/)?[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g
// 13 to 19 digits, alone or in groups, from an issuer's first digit: a time in milliseconds begins with 1.
const CARD = /(?<![A-Za-z0-9_.-])[2-6](?:[ -]?\d){12,18}(?![A-Za-z0-9_-])/g

/**
 * A text without what looks like a private key, a token, a password, an e-mail address or the number of a payment card. The
 * last line of defence: a message should hold nothing of the kind in the first place. Names of service accounts stay, because
 * "who may not" is what such a message is about.
 */
export function redact(text: string): string {
  return text
    .replace(PEM, HIDDEN)
    .replace(TOKEN, HIDDEN)
    .replace(SCHEME, `$1 ${HIDDEN}`)
    .replace(NAMED, `$1$2${HIDDEN}`)
    .replace(URL_PASSWORD, `$1${HIDDEN}@`)
    .replace(EMAIL, (found, place: string | undefined) => (place || isServiceAccount(found) ? found : HIDDEN))
    .replace(CARD, (found) => (isCardNumber(found) ? HIDDEN : found))
}

function isServiceAccount(address: string): boolean {
  return /@([a-z0-9-]+\.)*gserviceaccount\.com$/.test(address)
}

/** The check that all card numbers pass, and nine in ten other numbers do not (Luhn). */
function isCardNumber(text: string): boolean {
  const digits = [...text.replace(/[ -]/g, '')].map(Number).reverse()
  const sum = digits.reduce((total, digit, at) => total + (at % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0)), 0)
  return sum % 10 === 0
}
