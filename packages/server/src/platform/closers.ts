/** Whatever was opened, closed in the opposite order. */
export class Closers {
  readonly #closers: (() => void | Promise<void>)[] = []

  add(close: () => void | Promise<void>): void {
    this.#closers.push(close)
  }

  async closeAll(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close()
    this.#closers.length = 0
  }
}
