import { hash } from 'node:crypto'

/** RFC 7292 Appendix B: how PKCS#12 makes keys, IVs and MAC keys of a password. */

/** RFC 7292 Appendix B.3: what the bytes are for. */
export const PURPOSE = { encryptionKey: 1, iv: 2, macKey: 3 } as const

export interface PasswordKeyOptions {
  readonly digest: 'sha1' | 'sha256'
  readonly purpose: (typeof PURPOSE)[keyof typeof PURPOSE]
  readonly password: string
  readonly salt: Uint8Array
  readonly iterations: number
  readonly length: number
}

/** Both digests work on blocks of 64 bytes. */
const BLOCK = 64

/** RFC 7292 Appendix B.2. */
export function derivePasswordKey(options: PasswordKeyOptions): Buffer {
  const { digest, purpose, iterations, length } = options
  const diversifier = Buffer.alloc(BLOCK, purpose)
  const input = Buffer.concat([
    fillBlocks(options.salt),
    fillBlocks(encodeBmpPassword(options.password)),
  ])
  const blocks: Buffer[] = []
  for (let made = 0; made < length;) {
    let block = hash(digest, Buffer.concat([diversifier, input]), 'buffer')
    for (let i = 1; i < iterations; i++) block = hash(digest, block, 'buffer')
    blocks.push(block)
    made += block.length
    addToEachBlock(input, fillBlocks(block).subarray(0, BLOCK))
  }
  return Buffer.concat(blocks).subarray(0, length)
}

/** RFC 7292 Appendix B.1: a BMPString with its two zero bytes at the end. */
function encodeBmpPassword(password: string): Buffer {
  return Buffer.from(`${password}\0`, 'utf16le').swap16()
}

/** Repeated until whole blocks are full. */
function fillBlocks(bytes: Uint8Array): Buffer {
  const filled = Buffer.alloc(BLOCK * Math.ceil(bytes.length / BLOCK))
  if (bytes.length > 0) filled.fill(bytes)
  return filled
}

/** Step 6C: each block of the input, as one large number, grows by the last digest and one. */
function addToEachBlock(input: Buffer, summand: Uint8Array): void {
  for (let start = 0; start < input.length; start += BLOCK) {
    let carry = 1
    for (let i = BLOCK - 1; i >= 0; i--) {
      carry += (input[start + i] ?? 0) + (summand[i] ?? 0)
      input[start + i] = carry & 0xff
      carry >>= 8
    }
  }
}
