import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { type Server, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChipKeyStore } from './chip-key-store.ts'

let folder: string
let driver: Server | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-chip-'))
})
afterEach(async () => {
  driver?.close()
  driver = undefined
  await rm(folder, { recursive: true, force: true })
})

/** A driver that answers each line with whatever the test wants. */
async function answerWith(line: string | undefined): Promise<ChipKeyStore> {
  const path = join(folder, 'x.sock')
  driver = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => (line === undefined ? socket.destroy() : socket.write(`${line}\n`)))
  })
  await new Promise<void>((resolve) => {
    driver?.listen(path, resolve)
  })
  return new ChipKeyStore(path)
}

describe('ChipKeyStore', () => {
  it.each([
    ['closes', undefined],
    ['says no', '{"id":1,"ok":false,"error":"chip.signing-refused"}'],
    ['answers another request', '{"id":2,"ok":true,"keys":[]}'],
    ['answers no JSON', 'hello'],
    ['answers without the fields', '{"id":1,"ok":true}'],
    ['has a key in no known state', '{"id":1,"ok":true,"keys":[{"keyId":"x","state":"odd"}]}'],
    ['never ends its line', ' '.repeat(300_000)],
  ])('fails with a code when the chip’s driver %s', async (_, line) => {
    const chip = await answerWith(line)
    await expect(chip.list()).rejects.toMatchObject({ code: 'client.key-store-failed' })
  })

  it('fails with a code when there is no chip driver', async () => {
    const chip = new ChipKeyStore(join(folder, 'nobody.sock'))
    await expect(chip.generateKey()).rejects.toMatchObject({ code: 'client.key-store-failed' })
  })

  it('uses no chip socket in a folder where others can create one', async () => {
    const chip = await answerWith('{"id":1,"ok":true,"keys":[]}')
    expect(await chip.list()).toEqual([])
    await chmod(folder, 0o777)
    await expect(chip.list()).rejects.toMatchObject({ code: 'client.permissions-too-open' })
  })
})
