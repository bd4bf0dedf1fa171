import { isPattern, matchesFile } from '../../contract/file-name.ts'
import { quoteName } from '../../lib/foreign-text.ts'
import type { OtherEntry } from '../../lib/listing.ts'

/** An entry of a folder that no contract reads. */
export interface Unread {
  readonly name: string
  readonly kind: 'file' | OtherEntry['kind']
}

const NAMED = 3
const KINDS: Readonly<Record<Unread['kind'], string>> = {
  file: '',
  folder: 'the folder ',
  link: 'the symbolic link ',
  special: 'the pipe, socket or device ',
  unusable: 'the unusable name ',
}
// What programs put behind a name while they write it, copy it, pack it or point at it.
const ENDINGS =
  /\.(gz|gzip|zip|bz2|xz|7z|zst|pgp|gpg|filepart|part|partial|crdownload|download|tmp|temp|bak|old|orig|txt|xlsx?|ods|lnk|url|webloc)$/
const COPIES = /(\s*\(\d+\)|\s*-?\s*copy(\s*\(?\d+\)?)?|~)(?=\.[a-z]+$|$)/
const INVISIBLE = /[\s\p{Cc}\p{Cf}\ufffd]+/gu

/** Pure: says of a file that is not there which entries look like it, in words; '' when there are none. */
export function lookBeside(entries: readonly Unread[]): (file: string) => string {
  // A day asks for many files, and most days for none: names are taken apart once, when the first is asked for.
  let known: Map<string, Unread[]> | null = null
  return (file) => {
    known ??= Map.groupBy(entries, ({ name }) => bare(name))
    const wanted = bare(file)
    const found = isPattern(wanted)
      ? [...known].flatMap(([name, alike]) => (matchesFile(wanted, name) ? alike : []))
      : (known.get(wanted) ?? [])
    return found.length === 0 ? '' : describe(file, found)
  }
}

function describe(file: string, found: readonly Unread[]): string {
  const some = found.slice(0, NAMED).map(({ name, kind }) => `${KINDS[kind]}${quoteName(name)}`)
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : ''
  const is = found.length > 1 ? 'are' : 'is'
  return `the folder has ${some.join(', ')}${more}, which ${is} not the file ${quoteName(file)} and ${is} not read`
}

/** The words of a reason about entries that look like its file; '' when it has none. */
export function besideIn(message: string): string {
  return /the folder has .+ (is|are) not read/.exec(message)?.[0] ?? ''
}

/** A name without what people, programs and editors add to it. */
function bare(name: string): string {
  let text = name.normalize('NFKC').replace(INVISIBLE, ' ').trim().toLowerCase()
  for (let before = ''; before !== text; ) {
    before = text
    text = text
      .replace(/[. ]+$/, '')
      .replace(ENDINGS, '')
      .replace(COPIES, '')
      .replace(/^copy of /, '')
      .trim()
  }
  return text.replace(/[ _-]/g, '').replace(/\.(csv|tsv)$/, '')
}
