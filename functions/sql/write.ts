/** How rows of a window meet rows of a table that are there. */
export type Strategy = 'fail' | 'skip' | 'overwrite' | 'merge' | 'replace' | 'append'

/** Whose value stays in a column of a merge. */
export type Preference = 'source' | 'destination' | 'greatest' | 'least'
