import { escapeHtml } from '../../functions/notify/render/html.ts'
import type { Block, Cell, Inline, Page } from './page.ts'
import { relativePath } from './relative-path.ts'

const STYLE = [
  'body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c1917}',
  'table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d6d3d1}',
  'a{color:#9a3412}code{font-size:.9em}',
].join('')

/** Pure: a page as HTML that needs no other file, no script and no network. */
export function htmlOf({ path, title, blocks }: Page): string {
  const name = escapeHtml(title)
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${name}</title><style>${STYLE}</style></head>`,
    `<body><main><h1>${name}</h1>`,
    ...blocks.map((block) => blockHtml(block, path)),
    '</main></body></html>\n',
  ].join('\n')
}

function blockHtml(block: Block, page: string): string {
  if (block.kind === 'heading') return `<h2>${escapeHtml(block.text)}</h2>`
  if (block.kind === 'text') return `<p>${cellHtml(block.line, page)}</p>`
  const head = block.head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('')
  return [
    '<table>',
    ...(block.head.some((name) => name !== '') ? [`<thead><tr>${head}</tr></thead>`] : []),
    '<tbody>',
    ...block.rows.map((row) => `<tr>${row.map((cell) => `<td>${cellHtml(cell, page)}</td>`).join('')}</tr>`),
    '</tbody></table>',
  ].join('\n')
}

function cellHtml(cell: Cell, page: string): string {
  return cell.map((part) => inlineHtml(part, page)).join('')
}

function inlineHtml(part: Inline, page: string): string {
  if (typeof part === 'string') return escapeHtml(part)
  if ('code' in part) return `<code>${escapeHtml(part.code)}</code>`
  return `<a href="${escapeHtml(relativePath(page, `${part.to}.html`))}">${escapeHtml(part.text)}</a>`
}
