/** Waits, or less long when the signal aborts; it resolves in both cases. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) return Promise.resolve()
  const timer = setTimeout(done, ms)
  signal.addEventListener('abort', done, { once: true })
  return promise

  function done(): void {
    clearTimeout(timer)
    signal.removeEventListener('abort', done)
    resolve()
  }
}
