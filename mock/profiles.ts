import { bar } from './profiles/bar.ts'
import { restaurant } from './profiles/restaurant.ts'
import { small } from './profiles/small.ts'

/** Every profile by its name. */
export const PROFILES = { restaurant, bar, small } as const

/** Name of a profile. */
export type ProfileName = keyof typeof PROFILES

/** Names of the profiles. */
export const PROFILE_NAMES = ['restaurant', 'bar', 'small'] as const satisfies readonly ProfileName[]
