import { type Hash, createHash } from 'node:crypto'
import { Transform, type TransformCallback } from 'node:stream'
import { SanadError } from '@sanad/protocol/text/problems'

/** The body of an upload on its way: counted, hashed, and cut off at the limit. */
export class MeasuredBody extends Transform {
  readonly #limit: number
  readonly #hash: Hash = createHash('sha256')
  #bytes = 0

  constructor(limit: number) {
    super()
    this.#limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Once, when everything has passed. */
  sha256(): Buffer {
    return this.#hash.digest()
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limit) {
      done(new SanadError('request.too-large', 'an import file has 64 MiB at most'))
      return
    }
    this.#hash.update(chunk)
    done(null, chunk)
  }
}
