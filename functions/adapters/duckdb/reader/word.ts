/** First argument of the process that answers questions. No command: people have `daybreak query`. */
export const READER = 'duckdb-reader'
