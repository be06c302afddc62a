import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { KeyObject } from 'node:crypto'
import type { DeviceIdentity } from '../digital-id.ts'
import { makePrivateDirectory, readPrivateKey, replaceFile, writePrivateKey } from '../key-file.ts'
import { decodeCertificates, encodeCertificates } from '../pem.ts'
import type { ChipKeyState } from './chip.ts'

export interface StoredKey {
  readonly keyId: string
  readonly state: ChipKeyState
  /** base64 DER, leaf first; empty while the key is pending. */
  readonly certificates: readonly string[]
}

/** The chip's non-volatile memory: a folder that only its owner can read. */
export class ChipMemory {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  burn(identity: DeviceIdentity, key: KeyObject, certificates: readonly Buffer[]): void {
    makePrivateDirectory(join(this.#directory, 'keys'))
    writePrivateKey(this.#path('ftm-key.pem'), key)
    replaceFile(this.#path('ftm-certificates.pem'), encodeCertificates(certificates))
    this.writeTable([])
    // Last, because its presence says that the chip is complete.
    replaceFile(this.#path('identity.json'), JSON.stringify(identity))
  }

  readIdentity(): DeviceIdentity {
    return JSON.parse(readFileSync(this.#path('identity.json'), 'utf8')) as DeviceIdentity
  }

  readPermanentKey(): KeyObject {
    return readPrivateKey(this.#path('ftm-key.pem'))
  }

  readFtmCertificates(): Buffer[] {
    return decodeCertificates(readFileSync(this.#path('ftm-certificates.pem'), 'utf8'))
  }

  readTable(): StoredKey[] {
    return JSON.parse(readFileSync(this.#path('key-table.json'), 'utf8')) as StoredKey[]
  }

  /** One file, replaced whole: a rotation leaves the old key active or the new one, never both or none. */
  writeTable(table: readonly StoredKey[]): void {
    replaceFile(this.#path('key-table.json'), JSON.stringify(table))
  }

  readKey(keyId: string): KeyObject {
    return readPrivateKey(this.#keyPath(keyId))
  }

  writeKey(keyId: string, key: KeyObject): void {
    writePrivateKey(this.#keyPath(keyId), key)
  }

  eraseKey(keyId: string): void {
    rmSync(this.#keyPath(keyId), { force: true })
  }

  /** Keys that the table does not know: made or destroyed when the power went. */
  eraseStrayKeys(known: ReadonlySet<string>): void {
    for (const file of readdirSync(this.#path('keys'))) {
      if (!known.has(basename(file, '.pem'))) rmSync(join(this.#path('keys'), file))
    }
  }

  #path(name: string): string {
    return join(this.#directory, name)
  }

  #keyPath(keyId: string): string {
    return join(this.#directory, 'keys', `${keyId}.pem`)
  }
}
