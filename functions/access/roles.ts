/** Roles of people and programs, weakest first. Each may do everything that the ones before it may. */
export const ROLES = ['viewer', 'analyst', 'operator', 'admin'] as const
/** Role of a person or a program. */
export type Role = (typeof ROLES)[number]

/** Pure: true when a role includes another. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}
