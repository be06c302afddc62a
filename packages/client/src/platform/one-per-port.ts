import type { Listener, PortsBetween } from './platform.ts'

/** Of the listeners of a range one for each port: where two have it, the one that an SBI's caller reaches. */
export function chooseOnePerPort(
  listeners: Iterable<Listener>,
  { from, to }: PortsBetween,
): Listener[] {
  const chosen = new Map<number, Listener>()
  for (const listener of listeners) {
    const { port } = listener
    if (port < from || port > to) continue
    if (chosen.get(port)?.isAtLoopback !== true) chosen.set(port, listener)
  }
  return [...chosen.values()]
}
