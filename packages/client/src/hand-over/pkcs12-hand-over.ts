import type { KeyObject } from 'node:crypto'
import { dirname } from 'node:path'
import { eraseFile, replaceFile } from '../base/durable-files.ts'
import { isMissing, readPrivateFile, requireTrustedFolder } from '../base/private-folder.ts'
import { keyStoreFailure } from '../base/key-store-failure.ts'
import type { HandOver } from './hand-over.ts'
import type { Pkcs12Form } from './pkcs12-forms.ts'
import { encodePkcs12 } from './pkcs12.ts'

export interface Pkcs12HandOverOptions {
  readonly path: string
  readonly alias: string
  readonly passwordFile: string
  readonly form: Pkcs12Form
  /** MF §7.1: MOSIP’s mock puts only the leaf into x5c, even if the file holds more. */
  readonly withChain: boolean
}

/** Key and certificates in one PKCS#12 file, as MOSIP’s mock takes them (MF §7.1, §7.2): replaced in one step. */
export class Pkcs12HandOver implements HandOver {
  readonly #options: Pkcs12HandOverOptions

  constructor(options: Pkcs12HandOverOptions) {
    this.#options = options
  }

  async put(key: KeyObject, certificates: readonly Uint8Array[]): Promise<void> {
    const { path, alias, passwordFile, form, withChain } = this.#options
    await requireFolder(path)
    const password = await readPassword(passwordFile)
    const included = withChain ? certificates : certificates.slice(0, 1)
    const content = { key, certificates: included, alias, password, form }
    await replaceFile(path, await encodePkcs12(content))
  }

  withdraw(): Promise<void> {
    return eraseFile(this.#options.path)
  }
}

/** Not made by us: it belongs to the SBI, and a missing one is a mistake in the configuration. */
async function requireFolder(path: string): Promise<void> {
  try {
    await requireTrustedFolder(dirname(path))
  } catch (error) {
    if (isMissing(error))
      throw keyStoreFailure('the folder of the PKCS#12 file is not there', error)
    throw error
  }
}

const PRINTABLE = /^[\x20-\x7e]{1,256}$/

/** Read each time, so that a changed password counts at the next rotation. */
async function readPassword(path: string): Promise<string> {
  const bytes = await readPrivateFile(path).catch((error: unknown) => {
    if (isMissing(error)) throw keyStoreFailure('the password file is not there', error)
    throw error
  })
  const password = bytes.toString('utf8').replace(/\r?\n$/, '')
  if (!PRINTABLE.test(password))
    throw keyStoreFailure('the password is not one line of 1 to 256 printable ASCII characters')
  return password
}
