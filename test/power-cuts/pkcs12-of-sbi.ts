import { spawnSync } from 'node:child_process'
import { X509Certificate, createHash, createPrivateKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { Signer } from '../../packages/simulator/src/jws.ts'

/** The key and certificate of a PKCS#12 file, as an SBI reads them: by OpenSSL, and anew whenever the file changed. */
export class Pkcs12OfSbi {
  readonly #path: string
  readonly #passwordFile: string
  #known: { readonly digest: string; readonly signer: Signer } | undefined

  constructor(path: string, passwordFile: string) {
    this.#path = path
    this.#passwordFile = passwordFile
  }

  /** @throws Error for a file that is not whole, or whose key and certificate do not fit */
  read(): Signer | undefined {
    if (!existsSync(this.#path)) return undefined
    const bytes = readFileSync(this.#path)
    // Cut to nothing before it is removed, on Windows: it holds no key.
    if (bytes.length === 0) return undefined
    const digest = createHash('sha256').update(bytes).digest('hex')
    if (this.#known?.digest !== digest) this.#known = { digest, signer: this.#open(bytes) }
    return this.#known.signer
  }

  #open(bytes: Buffer): Signer {
    const args = ['pkcs12', '-nodes', '-passin', `file:${this.#passwordFile}`]
    const { status, stdout } = spawnSync('openssl', args, { input: bytes, encoding: 'utf8' })
    if (status !== 0) throw new Error('OpenSSL does not open the PKCS#12 file')
    const key = createPrivateKey(stdout)
    const certificate = new X509Certificate(stdout.slice(stdout.indexOf('-----BEGIN CERTIFICATE')))
    if (!certificate.checkPrivateKey(key)) throw new Error('key and certificate do not fit')
    return { key, certificates: [certificate.raw] }
  }
}
