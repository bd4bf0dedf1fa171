import { escapeHtml } from '../functions/notify/render/html.ts'

/** Line of a day sheet; amounts as text with two places, empty where nothing is known. */
export interface SheetLine {
  readonly location: string
  readonly section: string
  readonly line: string
  readonly amount: string
  readonly other: string
  readonly difference: string
}

/** A day sheet as one HTML page without scripts: a table per location, lines that differ in bold. */
export function daySheetHtml(date: string, lines: readonly SheetLine[]): string {
  const title = `Day sheet, ${date}`
  const tables = [...Map.groupBy(lines, ({ location }) => location)].map(([location, own]) => tableOf(location, own))
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>`,
    '<body style="font:14px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem">',
    `<h1 style="font-size:20px">${escapeHtml(title)}</h1>`,
    ...tables,
    '</body></html>',
    '',
  ].join('\n')
}

function tableOf(location: string, lines: readonly SheetLine[]): string {
  const heads = ['Section', 'Line', 'Amount', 'Second source', 'Difference']
  return [
    `<h2 style="font-size:16px">Location ${escapeHtml(location)}</h2>`,
    '<table style="border-collapse:collapse;width:100%">',
    `<thead><tr>${heads.map((head, at) => `<th scope="col" style="text-align:${alignOf(at)}">${head}</th>`).join('')}</tr></thead>`,
    '<tbody>',
    ...lines.map(rowOf),
    '</tbody></table>',
  ].join('\n')
}

function rowOf({ section, line, amount, other, difference }: SheetLine): string {
  const weight = isZero(difference) ? 'normal' : 'bold'
  const cells = [section, line, amount, other, difference].map(
    (text, at) => `<td style="text-align:${alignOf(at)};padding:2px 6px">${escapeHtml(text)}</td>`,
  )
  return `<tr style="font-weight:${weight};border-top:1px solid #ddd">${cells.join('')}</tr>`
}

const alignOf = (at: number) => (at < 2 ? 'left' : 'right')

/** True where nothing is to be explained. */
export function isZero(difference: string): boolean {
  return difference === '' || Number(difference) === 0
}
