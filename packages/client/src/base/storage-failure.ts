import { SanadError } from '@sanad/protocol/text/problems'
import { hasCode } from '../platform/system-errors.ts'

/** Trouble with the disk, or with the number of open files, has one code, whichever operation meets it first. */

const DISK_TROUBLE = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ESTALE', 'ENXIO', 'EMFILE', 'ENFILE']
/** Of a file. Of a socket it is another program that refuses, and of a program the configuration is wrong. */
const NO_RIGHTS = ['EACCES', 'EPERM']

export const isDiskTrouble = (error: unknown): boolean =>
  hasCode(error, ...DISK_TROUBLE) || (hasCode(error, ...NO_RIGHTS) && isOfFile(error))

const isOfFile = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && !/^(?:connect|spawn)/.test(String(error.syscall))

/** Translates errors of the file system, once, at this boundary. */
export async function orStorageFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && 'code' in error)
      throw storageFailure(String(error.code), error)
    throw error
  }
}

export const storageFailure = (detail: string, cause: unknown): SanadError =>
  new SanadError('client.storage-failed', detail, { cause })
