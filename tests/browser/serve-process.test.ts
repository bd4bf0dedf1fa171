import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { builtDashboard } from '../../cli/dashboard/build.ts'
import { PROGRAM } from '../support/api-world.ts'
import { CHROMIUM, openBrowser, WITHOUT } from '../support/browser/chromium.ts'
import { withProject } from '../support/project-on-disk.ts'

/** Seconds of a processor, not of a clock: a busy machine takes longer, and needs no more. */
const MOST_SECONDS = 10
const TICKS_PER_SECOND = 100

describe.skipIf(CHROMIUM === undefined || process.platform !== 'linux')(`a process of its own${WITHOUT}`, () => {
  let child: ChildProcess | undefined
  afterEach(() => child?.kill('SIGTERM'))

  it('serves Today after less than ten seconds of a processor, from nothing but a project', async () => {
    await builtDashboard({ program: PROGRAM, stderr: process.stderr })
    await withProject(async (projectDir) => {
      const [program = '', ...args] = PROGRAM
      child = spawn(program, [...args, 'serve', '--port', '0'], { cwd: projectDir, stdio: ['ignore', 'pipe', 'pipe'] })
      const link = await linkOf(child)
      const browser = await openBrowser()
      const page = await browser.newPage()
      await page.goto(link)
      await page.locator('main h1').waitFor()
      await page
        .getByRole('status')
        .filter({ hasText: /^live$/ })
        .waitFor()
      const seconds = processorSeconds(child.pid ?? 0)
      await browser.close()
      expect(seconds).toBeGreaterThan(0)
      expect(seconds).toBeLessThan(MOST_SECONDS)
      const ended = new Promise<number | null>((resolve) => child?.on('exit', resolve))
      child.kill('SIGTERM')
      expect(await ended).toBe(0)
    })
  })
})

/** The address that the process prints. */
function linkOf({ stdout, stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const hear = (chunk: Buffer) => {
      text += chunk.toString()
      const [link] = /http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{64}/.exec(text) ?? []
      if (link !== undefined) resolve(link)
    }
    stdout?.on('data', hear)
    stderr?.on('data', hear)
    stdout?.on('end', () => reject(new Error(`it ended without an address: ${text}`)))
  })
}

/** Processor time of a process so far, in the user's work and in the system's. */
function processorSeconds(pid: number): number {
  // The name in brackets may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  const [user, system] = [fields[11], fields[12]]
  return (Number(user) + Number(system)) / TICKS_PER_SECOND
}
