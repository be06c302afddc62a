import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { eraseFile, replaceFile } from '../base/durable-files.ts'
import { openPrivateFolder } from '../base/private-folder.ts'
import type { HandOver } from './hand-over.ts'
import { encodePem } from './pem-text.ts'

/**
 * Key and certificates as one PEM file, `<folder>/<serialNo>.pem`: the key, its certificate, the chain. For
 * systems where two files cannot change in one step.
 */
export class PemFileHandOver implements HandOver {
  readonly #folder: string
  readonly #path: string

  constructor(folder: string, serialNo: string) {
    this.#folder = folder
    this.#path = join(folder, `${serialNo}.pem`)
  }

  async put(key: KeyObject, certificates: readonly Uint8Array[]): Promise<void> {
    await openPrivateFolder(this.#folder)
    const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString()
    await replaceFile(this.#path, pkcs8 + encodePem(certificates))
  }

  withdraw(): Promise<void> {
    return eraseFile(this.#path)
  }
}
