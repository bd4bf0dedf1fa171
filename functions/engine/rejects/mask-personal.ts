/** Patterns of RE2 and JavaScript alike for what may be personal, wherever it stands. */
export const PERSONAL = {
  // The bound keeps a text of one long word from being read again for each of its characters.
  mail: '[^ \\t\\r\\n,;:<>()"@]{1,64}@[^ \\t\\r\\n,;:<>()"@]+[.][^ \\t\\r\\n,;:<>()"@.]+',
  /** Digits with what people put between those of a phone or card number. */
  digits: '[+(]?[0-9](?:[ ().-]{0,3}[0-9])*',
  other: '[^0-9+(]+|[+(]',
  /** A day, or a number with decimal places. */
  harmless: '^[0-9]{4}-[0-9]{2}-[0-9]{2}|^[0-9]+[.][0-9]+$',
  localPhone: '(?:^|[^0-9])[0-9]{3}[-. ][0-9]{4}$',
} as const

/** Text that replaces them. */
export const MASKED = { mail: '[mail]', phone: '[phone]', card: '[card]' } as const

/** Digits of the shortest and the longest card number. */
export const CARD_DIGITS = [13, 19] as const
/** Digits of the shortest and the longest phone number that is written without marks. */
export const PHONE_DIGITS = [10, 12] as const

const MAIL = new RegExp(PERSONAL.mail, 'g')
const DIGITS = new RegExp(PERSONAL.digits, 'g')
const HARMLESS = new RegExp(PERSONAL.harmless)
const LOCAL_PHONE = new RegExp(PERSONAL.localPhone)

/** A text in which mail addresses, phone numbers and card numbers are replaced by what they are. */
export function maskPersonal(text: string): string {
  return text.replace(MAIL, MASKED.mail).replace(DIGITS, maskDigits)
}

function maskDigits(found: string): string {
  const digits = found.replaceAll(/[^0-9]/g, '')
  if (HARMLESS.test(found)) return found
  if (digits.length >= CARD_DIGITS[0] && digits.length <= CARD_DIGITS[1] && isLuhn(digits)) return MASKED.card
  const marked = digits !== found
  const phone = digits.length >= PHONE_DIGITS[0] && (marked || digits.length <= PHONE_DIGITS[1])
  return phone || LOCAL_PHONE.test(found) || (found.startsWith('+') && digits.length >= 8) ? MASKED.phone : found
}

/** The check digit of card numbers: every second digit from the right counts double. */
function isLuhn(digits: string): boolean {
  const sum = [...digits].toReversed().reduce((total, digit, at) => {
    const doubled = Number(digit) * (at % 2 === 1 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return sum % 10 === 0
}
