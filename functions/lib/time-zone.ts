import { didYouMean } from './did-you-mean.ts'

/** Area/City, as the IANA database names zones; `UTC` too. Abbreviations such as EST never change their clocks. */
const FORM = /^(UTC|[A-Z][A-Za-z_]*(\/[A-Za-z0-9_+-]+)+)$/

const ZONES: readonly string[] = Intl.supportedValuesOf('timeZone')

/** Why a text is no IANA time zone; null when it is one. */
export function timeZoneProblem(name: string): string | null {
  if (ZONES.includes(name)) return null
  const sameButCase = ZONES.find((zone) => zone.toLowerCase() === name.toLowerCase())
  if (sameButCase === undefined && FORM.test(name) && isKnown(name)) return null
  const example = 'expected an IANA name such as America/New_York.'
  return `"${name}" is no time zone; ${example}${didYouMean(name, ZONES)}`
}

/** Older names, such as US/Eastern, are known and not listed. */
function isKnown(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }))
  } catch {
    return false
  }
}
