// Characters that draw nothing or turn the order of others around: a name with them looks like another name.
const HIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** An answer whose texts show each hidden character as its number, as the engine does: `\u{202e}`. The answer itself where it has none. */
export function shown<Answer>(answer: Answer): Answer {
  return walked(answer) as Answer
}

function walked(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(HIDDEN, numberOf)
  if (Array.isArray(value)) return value.map(walked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, walked(member)]))
}

function numberOf(character: string): string {
  return `\\u{${character.charCodeAt(0).toString(16)}}`
}

const MOST = 500

/** A value of a cell, cut where it is longer than a screen, with its length. */
export function shortOf(text: string): string {
  return text.length <= MOST ? text : `${text.slice(0, MOST)}… (${text.length.toLocaleString('en-US')} characters)`
}
