/** Characters of a name from outside that messages and records keep. */
export const LONGEST_NAME = 200
/** Names of a list from outside that messages and records keep. */
export const MOST_NAMES = 50

/** The first characters of a text from outside, with its length where it was longer. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text
  let end = most
  // Half of a character is no text that can be stored.
  if (/[\ud800-\udbff]/.test(text[end - 1] ?? '')) end--
  return `${text.slice(0, end)}... (${text.length} characters)`
}

/** A name from outside in quotes, cut where it is long, with what cannot be seen in it written as `\u{200b}`. */
export function quoteName(name: string): string {
  const quoted = JSON.stringify(cutText(name, LONGEST_NAME))
  return quoted.replaceAll(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}

/** A list of names from outside as a message has it: cut, each and as a whole, with their number. */
export function quoteNames(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map(quoteName).join(', ')
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown
}
