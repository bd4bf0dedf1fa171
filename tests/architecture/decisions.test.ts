import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const FOLDER = 'docs/decisions'
const index = readFileSync(join(FOLDER, 'README.md'), 'utf8')
const LINK = /\[(\d+)\]\((\d{4}-[a-z0-9-]+\.md)\)/g

interface Page {
  readonly name: string
  readonly number: number
  readonly text: string
  readonly title: string
  readonly status: string
}

const pages = readdirSync(FOLDER)
  .filter((name) => name !== 'README.md')
  .map((name): Page => {
    const text = readFileSync(join(FOLDER, name), 'utf8')
    return {
      name,
      number: Number.parseInt(name, 10),
      text,
      title: /^# \d+\. (.+)\n/.exec(text)?.[1] ?? '',
      status: /^# .+\n\nStatus: (.+)\.\n/.exec(text)?.[1] ?? '',
    }
  })

/** The row of the index for a page: `| [27](0027-name.md) | title | status |`. */
const rowOf = ({ number, name, title, status }: Page): string =>
  `| [${number}](${name}) | ${title} | ${status.replaceAll(LINK, '$1')} |`

describe.each(pages)('docs/decisions/$name', (page) => {
  it('begins with its number and a title that states the decision', () => {
    expect(page.text).toMatch(new RegExp(`^# ${page.number}\\. [A-Z]`))
    // "Estimate cost from counted calls" states a decision; "A bill from what was called" names a subject.
    expect(page.title).not.toMatch(/^(An?|The|What|Who|Whoever|Whether|Where|When|How|Why)\b/)
    expect(page.title.split(' ').length, 'words of the title').toBeGreaterThan(3)
  })

  it('has a line `Status: accepted.`, `Status: accepted, amended by [N](file).` or `Status: superseded by [N](file).`', () => {
    const later = String.raw`\[\d+\]\(\d{4}-[a-z0-9-]+\.md\)`
    expect(page.status).toMatch(new RegExp(`^(accepted|accepted, amended by ${later}|superseded by ${later})$`))
    for (const [, , name = ''] of page.status.matchAll(LINK)) expect(existsSync(join(FOLDER, name)), name).toBe(true)
  })

  it('has one row in docs/decisions/README.md, with its title and status', () => {
    expect(index.split('\n').filter((line) => line.includes(`(${page.name})`))).toEqual([rowOf(page)])
  })

  it('does not share its number', () => {
    expect(pages.filter(({ number }) => number === page.number).map(({ name }) => name)).toEqual([page.name])
  })
})

it('the index of decisions links only to pages that exist', () => {
  const named = [...index.matchAll(LINK)].map(([, , name]) => name)
  expect(named.filter((name) => !pages.some((page) => page.name === name))).toEqual([])
})
