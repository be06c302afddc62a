import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** What a package has at one path: a text, a file of this computer, or a link. */
export type Entry = { readonly path: string } & (
  | { readonly text: string | Uint8Array; readonly mode?: number }
  | { readonly from: string; readonly mode?: number }
  | { readonly linkTo: string }
)

/** The files of a package as they are laid out, in a folder. */
export class PackageTree {
  readonly #root: string
  readonly #madeAt: number

  constructor(root: string, madeAt: number) {
    this.#root = root
    this.#madeAt = madeAt
    chmodSync(root, 0o755)
  }

  add(entry: Entry): void {
    const path = join(this.#root, entry.path)
    this.#makeFolder(dirname(path))
    if ('linkTo' in entry) return symlinkSync(entry.linkTo, path)
    if ('from' in entry) copyFileSync(entry.from, path)
    else writeFileSync(path, entry.text)
    chmodSync(path, entry.mode ?? 0o644)
  }

  /** Whatever umask this process has. */
  #makeFolder(path: string): void {
    if (path === this.#root || statSync(path, { throwIfNoEntry: false }) !== undefined) return
    this.#makeFolder(dirname(path))
    mkdirSync(path)
    chmodSync(path, 0o755)
  }

  /** Paths of the package’s files, sorted; not what describes the package itself. */
  get #files(): string[] {
    return readdirSync(this.#root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.#root, join(entry.parentPath, entry.name)))
      .filter((path) => !path.startsWith('DEBIAN/'))
      .toSorted()
  }

  /** deb-md5sums(5) */
  get digests(): string {
    return this.#files.map((path) => `${this.#digest(path)}  ${path}\n`).join('')
  }

  #digest(path: string): string {
    return createHash('md5')
      .update(readFileSync(join(this.#root, path)))
      .digest('hex')
  }

  get kilobytes(): number {
    const sizes = this.#files.map((path) => statSync(join(this.#root, path)).size)
    return Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1024)
  }

  fixTimes(): void {
    for (const name of readdirSync(this.#root, { recursive: true, encoding: 'utf8' }))
      lutimesSync(join(this.#root, name), this.#madeAt, this.#madeAt)
    lutimesSync(this.#root, this.#madeAt, this.#madeAt)
  }
}
