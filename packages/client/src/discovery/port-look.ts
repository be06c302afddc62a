import { SanadError } from '@sanad/protocol/text/problems'
import {
  type DescribedDevice,
  type DiscoveredDevice,
  readDeviceInfoAnswer,
  readDiscoveryAnswer,
} from './sbi-answers.ts'
import { askSbi } from './sbi-request.ts'
import { DISCOVERY_VERBS, EDITIONS, type SbiEdition, VERB_PATHS } from './sbi-verbs.ts'

/** What is behind one port. */
export type PortFinding =
  | { readonly kind: 'closed' | 'silent' | 'unreadable' }
  | {
      readonly kind: 'devices'
      readonly edition: SbiEdition
      readonly devices: readonly DiscoveredDevice[]
    }

export interface LookOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

const ANY_DEVICE = { type: 'Biometric Device' }

/** Asks in the edition that worked before, or in each until one works. */
export async function lookAtPort(
  port: number,
  known: SbiEdition | undefined,
  options: LookOptions,
): Promise<PortFinding> {
  for (const edition of known === undefined ? EDITIONS : [known]) {
    const finding = await discover(port, edition, options)
    if (finding.kind !== 'unreadable') return finding
  }
  return { kind: 'unreadable' }
}

async function discover(
  port: number,
  edition: SbiEdition,
  { timeoutMs, signal }: LookOptions,
): Promise<PortFinding> {
  const verb = DISCOVERY_VERBS[edition].discover
  const question = { port, verb, path: VERB_PATHS.discover, body: ANY_DEVICE, timeoutMs }
  try {
    const reply = await askSbi(question, signal)
    if (reply.kind !== 'answer') return reply
    if (reply.status !== 200) return { kind: 'unreadable' }
    return { kind: 'devices', edition, devices: readDiscoveryAnswer(reply.body) }
  } catch (error) {
    if (error instanceof SanadError) return { kind: 'unreadable' }
    throw error
  }
}

/** @throws SanadError `client.sbi-not-readable` */
export async function readDeviceInfo(
  port: number,
  edition: SbiEdition,
  { timeoutMs, signal }: LookOptions,
): Promise<DescribedDevice[]> {
  const verb = DISCOVERY_VERBS[edition].inform
  const reply = await askSbi({ port, verb, path: VERB_PATHS.inform, timeoutMs }, signal)
  if (reply.kind !== 'answer') throw new SanadError('client.sbi-not-readable', reply.kind)
  if (reply.status !== 200) throw new SanadError('client.sbi-not-readable', `HTTP ${reply.status}`)
  return readDeviceInfoAnswer(reply.body)
}
