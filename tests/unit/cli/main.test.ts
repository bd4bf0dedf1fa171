import { expect, it } from 'vitest'
import { ERRORS } from '../../../functions/errors.ts'
import { daybreak } from '../../support/cli.ts'

it('explains an error code on stdout and leaves stderr empty', async () => {
  const { code, stdout, stderr } = await daybreak(['explain', 'FILE_CHANGED'])
  expect(stdout).toContain(`${process.cwd()}/docs/runbooks/source-trouble.md`)
  expect(code).toBe(0)
  expect(stdout).toContain(ERRORS.FILE_CHANGED.remedy)
  expect(stderr).toBe('')
})

it.each([
  [['expalin'], 'Did you mean "explain"?'],
  [['explain', '--outptu', 'json'], 'Did you mean "--output"?'],
  [['explain', 'FILE_CHANGD'], 'Did you mean "FILE_CHANGED"?'],
  [['explain', '-o', 'jsn'], 'Did you mean "json"?'],
  [['explain', 'A', 'B'], '"B" is one argument too many'],
  [['explain', '--output'], '--output needs a value'],
  [['explain', '--output', '-q'], 'looks like a flag'],
  [['explain', '--output='], '--output needs a value'],
  [['explain', '--quiet=yes'], '--quiet takes no value'],
  [['explain', '-e', 'one', '-e', 'two'], 'given twice'],
  [['-x'], 'There is no flag -x'],
  [[], 'needs one of these'],
  [['constructor'], 'There is no command "constructor"'],
  [['explain', '--__proto__', 'x'], 'There is no flag'],
])('refuses %j with exit code 2 and says what was meant', async (argv, expected) => {
  const { code, stdout, stderr } = await daybreak(argv)
  expect(stderr).toContain(expected)
  expect(stderr).toMatch(/^\[USAGE_INVALID\] /)
  expect(stderr).toMatch(/\n {2}\$ daybreak /)
  expect(stdout).toBe('')
  expect(code).toBe(2)
})

it.each([
  ['before the command', ['-o', 'json', 'version']],
  ['after the command', ['version', '--output=json']],
  ['in a cluster', ['version', '-qojson']],
])('takes a global flag %s', async (_, argv) => {
  const { stdout } = await daybreak(argv)
  expect(JSON.parse(stdout)).toMatchObject({ node: process.versions.node })
})

it('prefers a flag to DAYBREAK_OUTPUT, and that to the default', async () => {
  const env = { DAYBREAK_OUTPUT: 'csv' }
  expect((await daybreak(['version'], { env })).stdout).toMatch(/^daybreak,node,platform\r\n/)
  expect((await daybreak(['version', '-o', 'json'], { env })).stdout).toMatch(/^\{/)
  expect((await daybreak(['version'], { env: { DAYBREAK_OUTPUT: 'xml' } })).stderr).toContain(
    'DAYBREAK_OUTPUT is "xml"',
  )
})

it('reports an error as one JSON object on stderr when JSON was asked for', async () => {
  const { code, stderr } = await daybreak(['-o', 'json', 'expalin'])
  expect(code).toBe(2)
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'USAGE_INVALID', next: 'daybreak --help' } })
})

it('prints the help of a command without running it', async () => {
  const { code, stdout } = await daybreak(['explain', 'NOPE', '--help'])
  expect(code).toBe(0)
  expect(stdout).toContain('daybreak explain')
  expect((await daybreak(['help', 'explain'])).stdout).toBe(stdout)
})

it('lists every command in its help', async () => {
  const { stdout } = await daybreak(['--help'])
  expect(stdout).toContain('explain')
  expect(stdout).toContain('--project-dir')
})
