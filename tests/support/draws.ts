/** True under `npm run soak`: every call, every kill and thousands of seeds instead of a sample of each. */
export const SOAK = process.env['DAYBREAK_SOAK'] === '1'

/** How many draws a test makes: few in the suite, many under `npm run soak`. */
export function draws({ suite, soak }: { readonly suite: number; readonly soak: number }): number {
  return SOAK ? soak : suite
}

/**
 * One in so many items in the suite, all of them under `npm run soak`. The suite takes the same ones every time;
 * `DAYBREAK_SEED=random` or a number takes others.
 */
export function sampleOf<Item>(items: readonly Item[], oneIn: number): readonly Item[] {
  return SOAK ? items : items.filter((_, index) => index % oneIn === OFFSET % oneIn)
}

const wanted = process.env['DAYBREAK_SEED'] ?? '1'
const OFFSET = wanted === 'random' ? Math.floor(Math.random() * 1_000_000) : Math.abs(Math.trunc(Number(wanted)))
