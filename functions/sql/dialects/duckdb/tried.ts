/** SQL that is NULL where evaluating it would fail. */
export const tried = (sql: string): string => `TRY(${sql})`
