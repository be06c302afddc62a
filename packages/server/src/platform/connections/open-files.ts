import { readFileSync } from 'node:fs'

/** Files that this process may have open; each connection is one. */

/** The database’s connections (at most 200), the HSM’s agent, files of imports and of the log. */
const FOR_EVERYTHING_ELSE = 320
/** Where the system does not say: what every Linux grants. */
const COMMON_LIMIT = 1_024
const LEAST_SOCKETS = 64

/** How many of them may be sockets of strangers, so that the server itself never lacks one. */
export function mostSockets(): number {
  return Math.max(LEAST_SOCKETS, readLimit() - FOR_EVERYTHING_ELSE)
}

function readLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const [, limit = ''] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? []
    return limit === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(limit) || COMMON_LIMIT
  } catch {
    return COMMON_LIMIT
  }
}
