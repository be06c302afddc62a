import { describe, expect, it } from 'vitest'
import { keyStoreFailure } from './key-store-failure.ts'
import { translateError } from './step-failure.ts'
import { orStorageFailure } from './storage-failure.ts'

/** As Node throws what the system refused. */
const refusal = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, syscall })

const CODES = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES', 'EMFILE', 'ENFILE']

describe('Trouble with the disk', () => {
  it.each(CODES)('has one code, whatever met it: %s', async (code) => {
    const error = refusal(code, 'open')
    const seen = [
      await orStorageFailure(Promise.reject(error)).catch(translateError),
      keyStoreFailure('a key file', error),
      translateError(error),
    ]
    expect(seen).toMatchObject(CODES.slice(0, 3).map(() => ({ code: 'client.storage-failed' })))
  })

  it.each([
    ['EACCES', 'connect'],
    ['ECONNREFUSED', 'connect'],
    ['EACCES', 'spawn /usr/bin/reload'],
    ['ENOENT', 'spawn /usr/bin/reload'],
  ])('is not what another program refuses: %s of %s', (code, syscall) => {
    expect(keyStoreFailure('the chip', refusal(code, syscall))).toMatchObject({
      code: 'client.key-store-failed',
    })
  })
})
