import { expect, it } from 'vitest'
import { daybreak } from '../../support/cli.ts'

it('compares the resources of two environments', async () => {
  const { code, stdout } = await daybreak(['infra', 'diff', '--env', 'dev', '--to', 'prod'])
  expect(stdout).toMatch(/^dev -> prod\n\n[-+~] /)
  expect(code).toBe(0)
})

it('refuses a stack that is not there with those that are, and writes nothing', async () => {
  const { code, stdout } = await daybreak([
    'infra',
    'synth',
    '--env',
    'dev',
    '--stack',
    'warehose',
    '--out',
    '/nowhere',
  ])
  expect(stdout).toMatch(/^\[USAGE_INVALID\] there is no stack warehose; dev has .*warehouse/)
  expect(code).toBe(2)
})
