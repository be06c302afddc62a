import type { ProblemCode } from '@sanad/protocol/text/problems'
import type { LinkHealth } from '../server-link/link-health.ts'
import { adviseOnProblem } from './device-light.ts'
import type { Way } from './open-proxy.ts'
import type { StatusReport } from './status-report.ts'

/** How the client stands with its server, as `status --json` prints it. */
export interface ConnectionReport extends Way {
  /** Only a running client knows these. */
  readonly channel?: 'open' | 'closed'
  /** Of the last exchange; left out when it reached the server, or there was none. */
  readonly problem?: ProblemCode
  readonly sentence?: string
  /** Where and why, for the network's administrator. */
  readonly detail?: string
}

export function reportConnection(
  way: Way,
  { trouble }: Pick<LinkHealth, 'trouble'>,
  isChannelOpen: boolean,
): ConnectionReport {
  const channel = isChannelOpen ? 'open' : 'closed'
  if (trouble === undefined) return { ...way, channel }
  const { code, detail } = trouble
  const { sentence } = adviseOnProblem(code)
  return { ...way, channel, problem: code, sentence, ...(detail !== undefined && { detail }) }
}

export function printConnection(connection: ConnectionReport): string {
  const { way, proxy, proxyHasAccount, sentence, problem, detail } = connection
  const account = proxyHasAccount === true ? 'with an account' : 'without an account'
  const byWay = way === 'proxy' ? `through the proxy ${proxy}, ${account}` : 'directly'
  const lines = [`It reaches ${connection.server} ${byWay}.`]
  if (problem !== undefined) lines.push(`${sentence ?? ''} (${problem}: ${detail ?? ''})`)
  return lines.join('\n')
}

/** Of `once`, when a device is not well: 3 the network, 4 the proxy, 5 what answers is not the server, 1 the rest. */
export function exitCodeOf({ connection }: Pick<StatusReport, 'connection'>): number {
  const problem = connection?.problem
  if (problem === undefined) return 1
  if (problem.startsWith('proxy.')) return 4
  if (NOT_THE_SERVER.has(problem)) return 5
  return problem.startsWith('connection.') || problem === 'client.server-unreachable' ? 3 : 1
}

const NOT_THE_SERVER: ReadonlySet<ProblemCode> = new Set([
  'client.wrong-server',
  'client.tls-intercepted',
  'client.server-certificate-outside-dates',
  'client.not-a-management-server',
  'connection.not-tls',
  'connection.tls-refused',
])
