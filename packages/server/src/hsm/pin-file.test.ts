import { chmod, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readPin, rememberRefusal } from './pin-file.ts'

describe('the PIN file', () => {
  let folder: string
  let pinFile: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sanad-pin-'))
    pinFile = join(folder, 'pin')
    await writeFile(pinFile, 'secret\n', { mode: 0o600 })
  })
  afterEach(() => rm(folder, { recursive: true }))

  const invalid = expect.objectContaining({ code: 'server.configuration-invalid' }) as Error

  it('reads the PIN without the end of its line', async () => {
    expect(await readPin(pinFile)).toBe('secret')
  })

  it.each([0o640, 0o604, 0o660, 0o644])('refuses a PIN file of mode %o', async (mode) => {
    await chmod(pinFile, mode)
    await expect(readPin(pinFile)).rejects.toThrow(invalid)
  })

  it('refuses a PIN file that is a link, missing or empty', async () => {
    const link = join(folder, 'link')
    await symlink(pinFile, link)
    await expect(readPin(link)).rejects.toThrow(invalid)
    await expect(readPin(join(folder, 'none'))).rejects.toThrow(invalid)
    await writeFile(pinFile, '\n')
    await expect(readPin(pinFile)).rejects.toThrow(invalid)
  })

  it('reads a PIN file again after a refusal only when it was written again', async () => {
    await rememberRefusal(pinFile)
    await expect(readPin(pinFile)).rejects.toMatchObject({ code: 'hsm.pin-refused' })
    await expect(readPin(pinFile)).rejects.toMatchObject({ code: 'hsm.pin-refused' })

    await new Promise((resolve) => setTimeout(resolve, 20))
    await writeFile(pinFile, 'another\n')
    expect(await readPin(pinFile)).toBe('another')
    // And nothing of the PIN was written beside it.
    expect(await readdir(folder)).toEqual(['pin'])
  })
})
