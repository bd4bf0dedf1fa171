import { z } from 'zod'

/** `500ms`, `30s`, `5m`, `2h`, `7d`. Eight digits: a hundred million days are still a whole number of milliseconds. */
export const Duration = z
  .string()
  .regex(/^\d{1,8}(ms|s|m|h|d)$/, 'expected a number and a unit: ms, s, m, h or d, e.g. `5m`')

/** Name of a Cloud Storage bucket. */
export const Bucket = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$/, 'expected the name of a Cloud Storage bucket, without `gs://`')

/** The id of a shard: part of a path at the source and of the names of objects. */
export const ShardId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'expected letters, digits, `_` and `-`, at most 63')

/** Folders and a file with the placeholders of shard and window, each at least once; never a way out of the root. */
export const FILES_PATH =
  /^(?=.*\{shard\})(?=.*\{(window|yyyymmdd|yyyy|week)\})(?!.*\{file\}.*[/{])(?!.*\.\.)(\{(shard|window|yyyymmdd|yyyy|mm|dd|hh|week|file)\}|[A-Za-z0-9_.-]|(?<!\/)\/(?!$))+$/

/** Form of a reference to a secret. A bare word is likely to be the secret itself, and a path may be told in an error. */
export const SECRET_FORM = /^secret:\/\/|\//

/** A reference to a secret. */
export const Secret = z
  .string()
  .regex(SECRET_FORM, 'expected `secret://NAME`, or the path of a file with a `/` in it')
  .describe('The path of a file that holds it, or `secret://NAME[@VERSION]`. Never the secret itself.')

/** A size of memory. It becomes part of a statement, so nothing but a size can stand there. */
export const Memory = z.string().regex(/^\d{1,6}(\.\d{1,3})? ?[KMGT]i?B$/, 'expected a size such as `512MB` or `2GiB`')
