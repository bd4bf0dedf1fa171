import type { Block, Cell, Inline, Page } from './page.ts'
import { relativePath } from './relative-path.ts'

/** Pure: a page as Markdown with tables, as GitHub shows it. */
export function markdownOf({ path, title, blocks }: Page): string {
  return [`# ${escaped(title)}`, ...blocks.map((block) => blockText(block, path))].join('\n\n').concat('\n')
}

function blockText(block: Block, page: string): string {
  if (block.kind === 'heading') return `## ${escaped(block.text)}`
  if (block.kind === 'text') return cellText(block.line, page)
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(block.head),
    line(block.head.map(() => '---')),
    ...block.rows.map((row) => line(row.map((cell) => cellText(cell, page)))),
  ].join('\n')
}

function cellText(cell: Cell, page: string): string {
  return cell.map((part) => inlineText(part, page)).join('')
}

function inlineText(part: Inline, page: string): string {
  if (typeof part === 'string') return escaped(part)
  if ('code' in part) return `\`${part.code.replaceAll('|', '\\|')}\``
  return `[${escaped(part.text)}](${relativePath(page, `${part.to}.md`)})`
}

/** Text that Markdown shows as it is, on one line. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#]/g, '\\$&').replaceAll(/\s*\n\s*/g, ' ')
}
