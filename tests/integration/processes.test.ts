import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { createProcesses } from '../../functions/adapters/local/processes.ts'

const { own, isGone } = createProcesses()
const changed = (changes: object) => JSON.stringify({ ...JSON.parse(own), ...changes })

it('takes itself for alive, and a process that has ended for gone', async () => {
  expect(isGone(own)).toBe(false)
  const child = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { createProcesses } from ${JSON.stringify(new URL('../../functions/adapters/local/processes.ts', import.meta.url))};
     process.stdout.write(createProcesses().own + '\\n'); process.stdin.resume()`,
  ])
  const ended = once(child, 'exit')
  const [text] = await once(child.stdout, 'data')
  const other = String(text).trim()
  expect(isGone(other)).toBe(false)
  child.kill('SIGKILL')
  await ended
  expect(isGone(other)).toBe(true)
})

it('tells a process from a later one that got its number', () => {
  expect(isGone(changed({ start: '1' }))).toBe(true)
})

it('takes all processes from before the machine started for gone', () => {
  expect(isGone(changed({ boot: 'an earlier one' }))).toBe(true)
})

it.each([
  ['of another machine', changed({ machine: 'elsewhere', pid: 1, start: '1', boot: 'other' })],
  ['that is not understood', 'worker-7'],
  ['that is no text of ours', '{"pid": 7}'],
])('says nothing of a process %s, whose lease counts', (_, text) => {
  expect(isGone(text)).toBe(false)
})
