/** MDS 0.9.5 › Device Discovery: an SBI takes any free port of these. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

export const SBI_PORTS: PortRange = { from: 4501, to: 4600 }

/** MF §4.1: as many ports at a time as MOSIP's own registration client asks. */
export const PORTS_AT_ONCE = 5

export const listPorts = ({ from, to }: PortRange): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** Runs `work` on every item, at most `width` at a time. */
export async function forEachOf<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  const walk = async (): Promise<void> => {
    for (const item of rest) await work(item)
  }
  await Promise.all(Array.from({ length: width }, walk))
}
