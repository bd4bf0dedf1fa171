/**
 * Size of the pieces that a large file is cut into, in bytes: small enough that the first one is at work a moment after the
 * file is opened and that a lane stays within 250 MiB, large enough that planning its statement costs little.
 */
export const PIECE_BYTES = 16_777_216

/** The longest list of files that BigQuery takes for one load job. */
export const MOST_LOAD_FILES = 10_000
