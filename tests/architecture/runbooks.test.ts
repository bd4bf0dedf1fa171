import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERRORS, type ErrorCode } from '../../functions/errors.ts'
import { runbookOf } from '../../functions/lib/runbook.ts'
import { alertsOf } from '../../infra/observability/alerts.ts'
import { runbookUrl } from '../../infra/stacks/alerting.ts'
import { deploymentFor, fullDeployment } from '../support/deployment.ts'

const FOLDER = 'docs/runbooks'
const pages = readdirSync(FOLDER).filter((name) => name.endsWith('.md'))
const text = (path: string) => readFileSync(path, 'utf8')

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(path: string): readonly string[] {
  return [...text(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  )
}

const codes = Object.keys(ERRORS).filter((code): code is ErrorCode => Object.hasOwn(ERRORS, code))

it.each(codes)('%s has a runbook that knows it', (code) => {
  const path = runbookOf(code)
  expect(existsSync(path), path).toBe(true)
  const known = [...text(path).matchAll(/`([A-Z][A-Z_]+\*?)`/g)].map(([, name = '']) => name)
  expect(
    known.some((name) => name === code || (name.endsWith('*') && code.startsWith(name.slice(0, -1)))),
    `${path} names ${code}`,
  ).toBe(true)
})

it('no runbook names an error code that is gone', () => {
  const families = new Set(codes.map((code) => code.split('_')[0]))
  const named = pages.flatMap((page) =>
    [...text(join(FOLDER, page)).matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, name = '']) => `${page} ${name}`),
  )
  const gone = named.filter(
    (each) =>
      families.has(each.split(' ')[1]?.split('_')[0] ?? '') &&
      !codes.some((code) => each.endsWith(` ${code}`)) &&
      !/ (SOURCE_|CONFIG_)\*?$/.test(each),
  )
  expect(gone).toEqual([])
})

/** Alerts with notifications and without them: some are declared in one case alone. */
async function everyAlert() {
  return [...alertsOf(await fullDeployment()), ...alertsOf(await deploymentFor('prod'))]
}

describe('alerts', () => {
  it('have a heading each, and there is no heading without an alert', async () => {
    const alerts = await everyAlert()
    const headings = [...text(join(FOLDER, 'alerts.md')).matchAll(/^## (.*)$/gm)].map(([, name]) => name)
    expect(new Set(headings)).toEqual(new Set(alerts.map(({ id }) => id)))
    expect(headings).toHaveLength(new Set(headings).size)
  })

  it('say there what they say in the subject: whether they page', async () => {
    for (const { id, urgency } of await everyAlert()) {
      expect(text(join(FOLDER, 'alerts.md')), id).toContain(`## ${id}\n\n${urgency}. `)
    }
  })

  it('link to that heading', async () => {
    const deployment = await fullDeployment()
    for (const { id } of await everyAlert()) {
      const [path = '', anchor] = runbookUrl(id, deployment)
        .replace(/^.*\/blob\/main\//, '')
        .split('#')
      expect(anchorsOf(path)).toContain(anchor)
    }
  })
})

it.each([...pages.map((page) => join(FOLDER, page)), 'docs/reference/errors.md'])('%s links to what exists', (path) => {
  const links = [...text(path).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
  const broken = links.filter(([, to = '', anchor]) => {
    const target = to === '' ? path : join(dirname(path), to)
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor))
  })
  expect(broken.map(([link]) => link)).toEqual([])
})

describe('what a runbook tells to do in production', () => {
  // What asks only the checkout, or makes something on the machine of the person.
  const LOCAL = /^(validate|contract|model compile|explain|schema|version|completion|doctor|ledger migrate)\b/
  const commands = pages.flatMap((page) =>
    [...text(join(FOLDER, page)).matchAll(/^(.*?)(?:`|^)(?:npx )?daybreak ([a-z][^`\n]*)/gm)].flatMap(
      ([, before = '', command = '']) => (/laptop/.test(before) ? [] : [{ page, command }]),
    ),
  )

  it('never acts on the ledger of the laptop', () => {
    const wrong = commands.filter(({ command }) => !LOCAL.test(command) && !/-e |--env /.test(command))
    expect(wrong).toEqual([])
  })

  it('names the container of a job that has two', () => {
    const all = [...pages.map((page) => join(FOLDER, page)), 'docs/unverified.md', 'infra/release/canary.sh']
    const lines = all.flatMap((path) =>
      text(path)
        .split('\n')
        .filter((line) => /jobs execute daybreak-/.test(line)),
    )
    expect(lines.length).toBeGreaterThan(5)
    expect(lines.filter((line) => !line.includes('--container=daybreak'))).toEqual([])
  })

  it('is a command that exists, with options that it has', () => {
    // The reference is compared with the commands themselves elsewhere.
    const sections = text('docs/reference/cli.md').split(/^## /m)
    const missing = (command: string) => {
      const section = sections.find((each) => command.startsWith(`${each.split('\n')[0]}`) && /^[a-z]/.test(each))
      if (!section) return [command]
      return [...command.matchAll(/--[a-z-]+/g)]
        .map(([option]) => option)
        .filter((option) => option !== '--yes' && !section.includes(option))
    }
    const named = pages.flatMap((page) =>
      [...text(join(FOLDER, page)).matchAll(/in_production ([a-z][^`\n#]*)/g)].map(([, command = '']) =>
        command.trim(),
      ),
    )
    expect(named.length).toBeGreaterThan(10)
    expect(named.flatMap(missing)).toEqual([])
  })

  it('has a page for each group of people, and each page says who may', () => {
    const who = text(join(FOLDER, 'who-may.md'))
    const unnamed = pages.filter((page) => page !== 'who-may.md' && !who.includes(`](${page}`))
    expect(unnamed.filter((page) => !['permissions.md', 'adding-a-location.md'].includes(page))).toEqual([])
  })
})

it('the first deployment runs only commands, stacks and jobs that exist', async () => {
  const page = text(join(FOLDER, 'first-deployment.md'))
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(text('package.json'))
  const named = [...page.matchAll(/npm run ([a-z:]+)/g)].map(([, name = '']) => name)
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  const { synthesize } = await import('../../infra/synth.ts')
  const stacks = synthesize(await fullDeployment())
  const names = stacks.map(({ name }) => name)
  expect(
    [...page.matchAll(/--stack ([a-z]+)/g)].map(([, name = '']) => name).filter((name) => !names.includes(name)),
  ).toEqual([])
  const jobs = JSON.stringify(stacks)
  for (const [, name] of page.matchAll(/(?:jobs execute|jobs run) (daybreak-[a-z-]+)/g))
    expect(jobs).toContain(`"${name}"`)
})
