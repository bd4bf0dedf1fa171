import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { expect, it } from 'vitest'
import { testFolder } from '../support/folder.ts'
import { runScripts, stepsOf } from '../support/guide.ts'
import { ROOT } from '../support/world.ts'

const pages = (
  await Promise.all(
    ['docs/tutorial', 'docs/how-to'].map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  )
)
  .flat()
  .filter((page) => page.endsWith('.md') && !page.endsWith('README.md'))

// A program and no function of the shell, so that `kill` of a page ends the command itself.
const NPX = '#!/bin/sh\nshift\nexec "$NODE" "$ROOT/cli/daybreak.mjs" "$@"\n'

/** Cells of a table are apart by as many spaces as its widest row needs. */
const narrow = (text: string) => text.replaceAll(/ +/g, ' ')

it('there is a tutorial, and there are how-tos', () => {
  expect(pages).toContain('docs/tutorial/first-day.md')
  expect(pages.length).toBeGreaterThan(6)
})

it.each(pages)(
  '%s shows what its commands print',
  async (page) => {
    const steps = await stepsOf(page)
    const folder = await testFolder()
    const bin = join(await testFolder(), 'bin')
    await mkdir(bin)
    await writeFile(join(bin, 'npx'), NPX)
    await chmod(join(bin, 'npx'), 0o755)
    const scripts = steps.map(({ script }) =>
      script.replaceAll(/^(.*?) +# exit code (\d)$/gm, '{ $1; } || [ $? = $2 ]'),
    )
    const { DAYBREAK_HOME: _, DAYBREAK_PROJECT_DIR: __, ...own } = process.env
    const PATH = [bin, process.env.PATH].join(delimiter)
    // A page that stops half-way leaves no server behind.
    const outputs = await runScripts(["trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", ...scripts], {
      cwd: folder,
      env: { ...own, HOME: folder, NODE: process.execPath, ROOT, NO_COLOR: '1', PATH },
    })
    for (const [at, { script, shown }] of steps.entries()) {
      const printed = narrow(outputs[at + 1] ?? '')
      const lines = narrow(shown?.text ?? '')
        .trim()
        .split('\n')
      expect(
        lines.filter((line) => !printed.includes(line)),
        `${script}\n${printed}`,
      ).toEqual([])
    }
  },
  600_000,
)
