import fc from 'fast-check'

// The same draws on every machine, so that a red suite is about the change and not about luck. New draws find
// other defects: `DAYBREAK_SEED=random npm test`, or the seed that a failure printed.
const wanted = process.env['DAYBREAK_SEED'] ?? '20260101'
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) })
