/** How long work took, and what is said of many such times. Milliseconds. */

export async function time<T>(work: () => Promise<T>): Promise<[number, T]> {
  const begin = performance.now()
  const result = await work()
  return [performance.now() - begin, result]
}

/** @param share 0.5 for the median @returns 0 where there are none */
export function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
