import { posix } from 'node:path'
import { expect, it } from 'vitest'
import { htmlOf } from '../../../cli/catalog/html.ts'
import { markdownOf } from '../../../cli/catalog/markdown.ts'
import { pagesOf } from '../../../cli/catalog/pages.ts'
import { shippedCatalog } from '../../support/catalog.ts'

const catalog = await shippedCatalog()
const pages = pagesOf(catalog)

it.each([
  ['html', htmlOf, /<a href="([^"]+)">/g],
  ['md', markdownOf, /\]\(([^)]+)\)/g],
] as const)('as %s leads only to pages that there are', (ending, render, link) => {
  const paths = new Set(pages.map(({ path }) => `${path}.${ending}`))
  const links = pages.flatMap((page) =>
    [...render(page).matchAll(link)].map(([, to = '']) => posix.join(posix.dirname(page.path), to)),
  )
  expect(links.length).toBeGreaterThan(500)
  expect(links.filter((to) => !paths.has(to))).toEqual([])
})

it('shows each table on a page of its own, with its columns', () => {
  expect(pages).toHaveLength(catalog.entries.length + 1)
  const page = pages.find(({ path }) => path === 'tables/toast.check_details')
  const html = page ? htmlOf(page) : ''
  expect(html).toContain('<code>customer_phone</code>')
  expect(html).toContain('header Customer Phone')
  expect(html).toContain('<a href="../index.html">Catalog</a>')
})

it('shows text of a contract as it is, with characters that mean something in the form of the page', () => {
  const page = {
    path: 'x',
    title: 'a <b> & "c"',
    blocks: [{ kind: 'table' as const, head: ['a'], rows: [[['one | two\n`three` [four](x)']]] }],
  }
  expect(htmlOf(page)).toContain('<title>a &lt;b&gt; &amp; &quot;c&quot;</title>')
  expect(markdownOf(page)).toContain('| one \\| two \\`three\\` \\[four\\](x) |')
})
