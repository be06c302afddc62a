/**
 * The part of AsyncDisposableStack (ECMAScript 2026) that the client uses, for Node 22, which has none. The bundle for
 * Windows begins with it; where there is one already, that one stays.
 */

type Disposal = () => unknown

export class DisposableStackOfNode22 implements AsyncDisposable {
  #disposals: Disposal[] = []

  use<T extends AsyncDisposable | null | undefined>(resource: T): T {
    if (resource !== null && resource !== undefined)
      this.#disposals.push(() => resource[Symbol.asyncDispose]())
    return resource
  }

  defer(dispose: Disposal): void {
    this.#disposals.push(dispose)
  }

  move(): DisposableStackOfNode22 {
    const moved = new DisposableStackOfNode22()
    moved.#disposals = this.#disposals.splice(0)
    return moved
  }

  /** The last that came is the first to go; each goes, also after one that failed. @throws the first failure */
  async disposeAsync(): Promise<void> {
    const failures: unknown[] = []
    for (const dispose of this.#disposals.splice(0).toReversed())
      try {
        await dispose()
      } catch (error) {
        failures.push(error)
      }
    if (failures.length > 0) throw failures[0]
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync()
  }
}

if (!Object.hasOwn(globalThis, 'AsyncDisposableStack'))
  Object.assign(globalThis, { AsyncDisposableStack: DisposableStackOfNode22 })
