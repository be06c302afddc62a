import { createPrivateKey } from 'node:crypto'
import fs, { readFileSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { Pkcs12HandOverOptions } from '../src/hand-over/pkcs12-hand-over.ts'

/**
 * Hands over once and is killed before its change number `fate` of the file system; a write in the middle of its
 * bytes. Ends by itself, with 0, when there is no such change.
 */

interface Order {
  readonly options: Pkcs12HandOverOptions
  readonly key: string
  readonly certificates: readonly string[]
  readonly fate: number
}

const { options, key, certificates, fate } = JSON.parse(readFileSync(0, 'utf8')) as Order
let changes = 0
const isFated = (): boolean => ++changes > fate
const die = (): void => void process.kill(process.pid, 'SIGKILL')

const { open, rename } = fs.promises
fs.promises.rename = async (from, to) => {
  if (isFated()) die()
  await rename(from, to)
}
fs.promises.open = async (...args: Parameters<typeof open>): Promise<FileHandle> => {
  if (args[1] === 'w' && isFated()) die()
  const file = await open(...args)
  const [writeFile, sync] = [file.writeFile.bind(file), file.sync.bind(file)]
  file.writeFile = async (data) => {
    if (!(data instanceof Uint8Array)) throw new Error('the file is not written as bytes')
    if (isFated()) {
      await writeFile(data.subarray(0, data.length / 2))
      die()
    }
    await writeFile(data)
  }
  file.sync = async () => {
    if (isFated()) die()
    await sync()
  }
  return file
}
syncBuiltinESMExports()

const { Pkcs12HandOver } = await import('../src/hand-over/pkcs12-hand-over.ts')
await new Pkcs12HandOver(options).put(
  createPrivateKey(key),
  certificates.map((der) => Buffer.from(der, 'base64')),
)
