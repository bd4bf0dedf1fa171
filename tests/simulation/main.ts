import { parseArgs } from 'node:util'
import { simulate } from './simulate.ts'

/** `npm run simulate -- --seeds 5000 --from 1`, or `--seed N` to look into one. Ends with 1 when a seed found something. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
    },
  })
  const say = (line: string) => process.stdout.write(`${line}\n`)
  if (values.seed !== undefined) {
    const { violations, facts } = await simulate(Number(values.seed), { tell: say })
    say(JSON.stringify(facts))
    for (const violation of violations) say(violation)
    return violations.length > 0 ? 1 : 0
  }
  const [from, seeds] = [Number(values.from), Number(values.seeds)]
  const began = performance.now()
  let failed = 0
  for (let seed = from; seed < from + seeds; seed++) {
    const { violations } = await simulate(seed)
    if (violations.length > 0) failed++
    for (const violation of violations.slice(0, 3)) say(`seed ${seed}: ${violation}`)
    if (violations.length > 0) say(`  again with: npm run simulate -- --seed ${seed}`)
    if ((seed - from) % 500 === 499) say(`${seed - from + 1} of ${seeds} seeds, ${failed} found something`)
  }
  const seconds = (performance.now() - began) / 1000
  say(`${seeds} seeds from ${from} on in ${seconds.toFixed(0)} s: ${failed} found something`)
  return failed > 0 ? 1 : 0
}

process.exitCode = await main()
