/** The first lines of a generated page. */
export function page(title: string, intro: string, source: string): string {
  return `# ${title}\n\n<!-- Written by \`npm run docs\` from ${source}. Edit that, not this. -->\n\n${intro}\n`
}

/** A table whose cells may hold anything. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')
}

/** Text as code; nothing for nothing. */
export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``
}
