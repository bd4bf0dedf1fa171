/** Title of an incident without the time that was left when it opened: the deadline next to it says what is left now. */
export function titleOf({ title, goneAt }: { readonly title: string; readonly goneAt: string | null }): string {
  return goneAt === null ? title : title.replace(/; the \w+ deletes (the|that) [\w ]+ in [\d dhmin]+$/, '')
}

/** The text with a full stop, for a text that another sentence follows. */
export function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
