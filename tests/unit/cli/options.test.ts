import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolveOptions } from '../../../cli/options.ts'
import { readCount, readDate, readDateRange, readFolder, readPath } from '../../../cli/values.ts'
import { testContext } from '../../support/cli.ts'

const terminal = { stdin: true, stdout: true, stderr: true }

describe('options', () => {
  it.each([
    ['NO_COLOR', { NO_COLOR: '1' }, {}],
    ['CI', { CI: 'true' }, {}],
    ['TERM=dumb', { TERM: 'dumb' }, {}],
    ['DAYBREAK_NO_COLOR', { DAYBREAK_NO_COLOR: '1' }, {}],
    ['--no-color', {}, { 'no-color': true }],
  ])('%s switches colours off on a terminal', (_, env, flags) => {
    expect(resolveOptions({}, testContext({ isTTY: terminal })).color).toEqual({ stdout: true, stderr: true })
    expect(resolveOptions(flags, testContext({ isTTY: terminal, env })).color).toEqual({ stdout: false, stderr: false })
  })

  it('asks nothing without a terminal, in CI, or with --no-input', () => {
    expect(resolveOptions({}, testContext({ isTTY: terminal })).interactive).toBe(true)
    expect(resolveOptions({}, testContext()).interactive).toBe(false)
    expect(resolveOptions({}, testContext({ isTTY: terminal, env: { CI: '1' } })).interactive).toBe(false)
    expect(resolveOptions({ 'no-input': true }, testContext({ isTTY: terminal })).interactive).toBe(false)
  })

  it('takes a flag before its variable, and that before the default', () => {
    const context = testContext({ env: { DAYBREAK_ENV: 'dev', DAYBREAK_QUIET: '1' } })
    expect(resolveOptions({}, context)).toMatchObject({ environment: 'dev', verbosity: 'quiet' })
    expect(resolveOptions({ env: 'prod', verbose: true }, context)).toMatchObject({
      environment: 'prod',
      verbosity: 'verbose',
    })
    expect(resolveOptions({}, testContext())).toMatchObject({ environment: 'local', verbosity: 'normal' })
  })

  it('finds the project upwards from where one stands', async () => {
    const root = await mkdtemp(join(tmpdir(), 'daybreak-options-'))
    const deep = join(root, 'config', 'contracts', 'toast')
    await mkdir(join(root, 'config', 'pipelines'), { recursive: true })
    await mkdir(deep, { recursive: true })
    expect(resolveOptions({}, testContext({ cwd: deep })).projectDir).toBe(root)
    expect(resolveOptions({ 'project-dir': '..' }, testContext({ cwd: deep })).projectDir).toBe(
      join(root, 'config', 'contracts'),
    )
    await rm(root, { recursive: true })
  })
})

describe('values of flags', () => {
  it.each(['2026-02-30', '2026-1-1', '20260101', 'yesterday', '', '2026-01-01T00:00', '0000-00-00', '２０２６-01-01'])(
    '%j is no date',
    (value) => {
      expect(() => readDate('--date', value)).toThrow(/^--date is "/)
    },
  )

  it.each(['0001-01-01', '1999-12-31', '2101-01-01', '9999-12-31'])('%s is a date that no restaurant has', (value) => {
    expect(() => readDate('--date', value)).toThrow('expected a day from 2000-01-01 to 2100-12-31')
  })

  it('a leap day is a date in a leap year', () => {
    expect(readDate('--date', '2028-02-29')).toBe('2028-02-29')
    expect(() => readDate('--date', '2026-02-29')).toThrow('2026-02-29')
  })

  it('a range must not end before it starts', () => {
    expect(() => readDateRange('2026-01-02', '2026-01-01')).toThrow('--end-date is "2026-01-01"')
  })

  it.each(['-1', '1.5', '1e3', '0x10', ' 1', '', '11', '99999999999999999999'])(
    '%j is no count from 0 to 10',
    (value) => {
      expect(() => readCount('--days', value, { min: 0, max: 10 })).toThrow('expected a whole number from 0 to 10')
    },
  )

  it('a folder is no file and a file is no folder', () => {
    expect(() => readFolder('FOLDER', 'package.json', process.cwd())).toThrow('expected a folder that exists')
    expect(() => readPath('--input', 'functions', process.cwd())).toThrow('expected a file that exists')
  })
})
