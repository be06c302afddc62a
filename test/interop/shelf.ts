import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What was made, in files, with a list of tabs and lines that a program in any language reads. */

export type Kind =
  | 'certificate'
  | 'request'
  | 'list'
  | 'jws'
  | 'pkcs12'
  | 'pem'
  | 'json'
  | 'vectors'
  | 'messages'
  | 'api'

export interface About {
  /** Which of our profiles it has; `stand-in` for what others make in the field. */
  readonly profile: string
  /** The certificate whose key signed it, or that it belongs to. */
  readonly signer?: string
  /** The certificates between it and the root, nearest first. */
  readonly chain?: readonly string[]
  readonly root?: string
}

export class Shelf {
  readonly signedTexts: string[] = []
  readonly #folder: string
  readonly #rows: string[] = []

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @throws Error for a name that is taken */
  async put(name: string, kind: Kind, bytes: Uint8Array, about: About): Promise<string> {
    if (this.#rows.some((row) => row.startsWith(`${name}\t`))) throw new Error(`${name} twice`)
    await mkdir(this.#folder, { recursive: true })
    await writeFile(join(this.#folder, name), bytes)
    const { profile, signer = '-', chain, root = '-' } = about
    const path = chain === undefined ? '-' : [...chain, root].join(',')
    this.#rows.push([name, kind, profile, signer, path].join('\t'))
    return name
  }

  putCertificate(name: string, der: Uint8Array, about: About): Promise<string> {
    return this.put(name, 'certificate', der, about)
  }

  /** Certificates above a leaf, the root left out. @returns their names, nearest first */
  async putChain(
    name: string,
    above: readonly Uint8Array[],
    root: Uint8Array | undefined,
  ): Promise<readonly string[]> {
    const between = above.filter((der) => root === undefined || !Buffer.from(der).equals(root))
    const names: string[] = []
    for (const [index, der] of between.entries())
      names.push(await this.putCertificate(`${name}-${index}`, der, { profile: 'stand-in' }))
    return names
  }

  /** The leaf in the `x5c` of a signed text. @returns its name */
  putSigners(name: string, jws: string, about: About): Promise<string> {
    const header = JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()) as {
      x5c: readonly string[]
    }
    return this.putCertificate(name, Buffer.from(header.x5c[0] ?? '', 'base64'), about)
  }

  putJws(name: string, text: string, signer: string): Promise<string> {
    this.signedTexts.push(text)
    return this.put(name, 'jws', Buffer.from(text), { profile: 'jws', signer })
  }

  async writeList(): Promise<void> {
    await writeFile(join(this.#folder, 'list.tsv'), `${this.#rows.join('\n')}\n`)
  }
}
