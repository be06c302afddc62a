import { descendantsOf, nameOf, processorTime } from './processes.ts'

/** Who computed how long: where several programs share the cores, that says what each of them costs. */

export const PARTIES = ['server', 'token', 'database', 'load generator'] as const
export type Party = (typeof PARTIES)[number]
/** Seconds of processor time. */
export type Shares = Readonly<Record<Party, number>>

export function readShares(serverPid: number): Shares {
  const total = (pids: readonly number[]): number =>
    pids.reduce((sum, pid) => sum + processorTime(pid).total, 0)
  return {
    server: total([serverPid]),
    token: total(descendantsOf(serverPid)),
    database: total(descendantsOf(process.pid).filter(isDatabase)),
    'load generator': total([process.pid]),
  }
}

export const subtract = (after: Shares, before: Shares): Shares =>
  mapShares((party) => after[party] - before[party])

export const add = (one: Shares, other: Shares): Shares =>
  mapShares((party) => one[party] + other[party])

export const NOTHING: Shares = mapShares(() => 0)

function mapShares(read: (party: Party) => number): Shares {
  const entries = PARTIES.map((party) => [party, read(party)])
  return Object.fromEntries(entries) as Record<Party, number>
}

function isDatabase(pid: number): boolean {
  try {
    return nameOf(pid) === 'postgres'
  } catch {
    // It ended meanwhile.
    return false
  }
}
