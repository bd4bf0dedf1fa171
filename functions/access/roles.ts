/** Roles of people and programs, weakest first. Each may do everything that the ones before it may. */
export const ROLES = ['viewer', 'analyst', 'operator', 'admin'] as const
/** Role of a person or a program. */
export type Role = (typeof ROLES)[number]

/** Least role that a route needs. `public` needs no caller, `anyone` any known caller. */
export type NeededRole = 'public' | 'anyone' | Role

/**
 * How the locations of a caller matter. `none`: the answer names no location. `cut`: the answer holds the caller's locations only.
 * `whole`: only a caller who may see all locations gets an answer.
 */
export type Scoping = 'none' | 'cut' | 'whole'

/** Pure: true when a role includes another. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}
