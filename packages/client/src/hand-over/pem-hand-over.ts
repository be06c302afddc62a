import { type KeyObject, randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { flushFolder, writeNewFile } from '../base/durable-files.ts'
import { isMissing, openPrivateFolder } from '../base/private-folder.ts'
import type { HandOver } from './hand-over.ts'
import { encodePem } from './pem-text.ts'

/**
 * Key and certificates as PEM files.
 *
 * `<folder>/<serialNo>` points to a folder with both files and is turned round in one step, so that a reader
 * who opens the folder once sees a pair that fits. One who reads by path may see the two files of two pairs in
 * the instant of the exchange: a pair that does not fit is to be read again.
 */
export class PemHandOver implements HandOver {
  readonly #folder: string
  readonly #serialNo: string

  constructor(folder: string, serialNo: string) {
    this.#folder = folder
    this.#serialNo = serialNo
  }

  async put(key: KeyObject, certificates: readonly Uint8Array[]): Promise<void> {
    await openPrivateFolder(this.#folder)
    const name = `.${this.#serialNo}.${randomUUID()}`
    const pair = join(this.#folder, name)
    await mkdir(pair, { mode: 0o700 })
    await writeNewFile(
      join(pair, 'device-key.pem'),
      key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    )
    await writeNewFile(join(pair, 'device-certificate.pem'), encodePem(certificates))
    await flushFolder(pair)
    // Its name too, before anything points to it: else the pointer may be on disk and the pair not.
    await flushFolder(this.#folder)
    await this.#pointTo(name)
    await this.#removeAllBut(name)
  }

  async withdraw(): Promise<void> {
    if (!(await isThere(this.#folder))) return
    await rm(this.#pointer, { force: true })
    await flushFolder(this.#folder)
    await this.#removeAllBut(undefined)
  }

  get #pointer(): string {
    return join(this.#folder, this.#serialNo)
  }

  async #pointTo(name: string): Promise<void> {
    const draft = join(this.#folder, `${name}.pointer`)
    await symlink(name, draft)
    await rename(draft, this.#pointer)
    await flushFolder(this.#folder)
  }

  /** The pair before this one, and what a run left that was killed on the way. */
  async #removeAllBut(kept: string | undefined): Promise<void> {
    const prefix = `.${this.#serialNo}.`
    for (const name of await readdir(this.#folder)) {
      const isOurs = name.startsWith(prefix) && UUID.test(name.slice(prefix.length))
      if (isOurs && name !== kept)
        await rm(join(this.#folder, name), { recursive: true, force: true })
    }
    // A power cut must not bring a deleted key back: the client would not look for it again.
    await flushFolder(this.#folder)
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}(?:\.pointer)?$/
