/** Pure: text as it can stand in HTML. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** Pure: a page of a title and some sentences, without scripts and styles. `code` in backticks is set as such. */
export function plainPage(title: string, lines: readonly string[]): string {
  const text = lines.map((line) => `<p>${codeOf(escapeHtml(line))}</p>`).join('\n')
  return wholePage(title, `<h1>${escapeHtml(title)}</h1>\n${text}`)
}

/** Pure: a page around a body. */
export function wholePage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${escapeHtml(title)}</title></head>
<body>
${body}
</body>
</html>
`
}

/** Pure: text in backticks as code. */
export function codeOf(html: string): string {
  return html.replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}
