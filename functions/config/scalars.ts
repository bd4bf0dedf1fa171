import { z } from 'zod'

/** `500ms`, `30s`, `5m`, `2h`, `7d`. Eight digits: a hundred million days are still a whole number of milliseconds. */
export const Duration = z
  .string()
  .regex(/^\d{1,8}(ms|s|m|h|d)$/, 'expected a number and a unit: ms, s, m, h or d, e.g. `5m`')

/** Name of a Cloud Storage bucket. */
export const Bucket = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$/, 'expected the name of a Cloud Storage bucket, without `gs://`')
