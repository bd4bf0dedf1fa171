import { quoteName } from '../../lib/plain-name.ts'

const NAMED = 3
// What programs put behind a name while they write it, copy it or pack it.
const ENDINGS =
  /\.(gz|gzip|zip|bz2|xz|7z|zst|pgp|gpg|filepart|part|partial|crdownload|download|tmp|temp|bak|old|orig|txt)$/
const COPIES = /(\s*\(\d+\)|\s*-?\s*copy(\s*\(?\d+\)?)?|~)(?=\.[a-z]+$|$)/

/** Pure: names in a folder that look like the file that is not there, in words; '' when there are none. */
export function describeBeside(file: string, names: Iterable<string>): string {
  const wanted = bare(file)
  const found = [...names].filter((name) => name !== file && bare(name) === wanted)
  if (found.length === 0) return ''
  const some = found.slice(0, NAMED).map(quoteVisibly).join(', ')
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : ''
  return `the folder has ${some}${more}, which is not ${quoteName(file)} and is not read`
}

/** A name without what people, programs and editors add to it. */
function bare(name: string): string {
  let text = name
    .normalize('NFKC')
    .replace(/[\s\u200b-\u200f\u2060\ufeff]+/g, ' ')
    .trim()
    .toLowerCase()
  for (let before = ''; before !== text; ) {
    before = text
    text = text
      .replace(ENDINGS, '')
      .replace(COPIES, '')
      .replace(/^copy of /, '')
      .trim()
  }
  return text.replace(/[ _-]/g, '').replace(/\.(csv|tsv)$/, '')
}

function quoteVisibly(name: string): string {
  const toCode = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return quoteName(name).replace(/[\u00a0\u2000-\u200f\u2028-\u202f\u2060\u3000\ufeff]/g, toCode)
}
