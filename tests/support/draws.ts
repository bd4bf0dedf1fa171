/** True under `npm run soak`: every call, every kill and thousands of seeds instead of a sample of each. */
export const SOAK = process.env['DAYBREAK_SOAK'] === '1'

/** How many draws a test makes: few in the suite, many under `npm run soak`. */
export function draws({ suite, soak }: { readonly suite: number; readonly soak: number }): number {
  return SOAK ? soak : suite
}
