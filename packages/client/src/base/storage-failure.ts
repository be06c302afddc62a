import { SanadError } from '@sanad/protocol/text/problems'

/** Translates errors of the file system, once, at this boundary. */
export async function orStorageFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && 'code' in error)
      throw new SanadError('client.storage-failed', String(error.code), { cause: error })
    throw error
  }
}
