import { openStorage, type StorageSettings } from './client.ts'
import { storageError } from './errors.ts'

/**
 * Which of these permissions this process lacks in a bucket; asking changes nothing.
 * @throws {DaybreakError} as `storageError` makes them, also when there is no such bucket.
 */
export async function lackingPermissions(
  settings: StorageSettings,
  { bucket, permissions }: { readonly bucket: string; readonly permissions: readonly string[] },
): Promise<readonly string[]> {
  const asked = openStorage(settings)
    .bucket(bucket)
    .iam.testPermissions([...permissions])
  const [granted] = await asked.catch((error: unknown) => {
    throw storageError(error, { what: 'ask what is allowed', bucket })
  })
  return permissions.filter((permission) => granted[permission] !== true)
}
