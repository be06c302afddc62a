import { DISCOVERY, DISCOVERY_1_0, readDto } from './dto.ts'
import { type Listed, listDevices, readElements } from './listing.ts'
import { type ObservedAnswer, readBody } from './observed-answer.ts'
import type { Reason } from './reasons.ts'

/** What MOSIP's registration client would make of one port. Its trust in the issuers is not known here, and supposed. */

/** `ready`: listed, and available for capture. `listed`: in its list only. `unseen`: not in its list. */
export type Verdict = 'ready' | 'listed' | 'unseen'

export interface RegistrationClientView {
  readonly serialNo: string | undefined
  readonly verdict: Verdict
  /** Its name for the modality, such as `finger_slab`; of a device that it lists. */
  readonly modality?: string
  /** `certification` as it stands in its list. */
  readonly certification?: string
  /** Absent for `ready`. */
  readonly why?: Reason
  readonly field?: string
  /** Who must be trusted in MOSIP's domain DEVICE for this to hold. */
  readonly issuers?: readonly string[]
}

export interface PortAnswers {
  readonly information: ObservedAnswer
  readonly discovery: ObservedAnswer
  /** To SBIDISC. */
  readonly discovery10: ObservedAnswer
}

/** `mosip.registration.mdm.connection.timeout`, 5 s as shipped (MF §4.5). */
const INFORMATION_LIMIT_MS = 5_000
/** `getMDMConnectionTimeout` without configuration. */
const DISCOVERY_LIMIT_MS = 10_000

export function judgePort(answers: PortAnswers, now: Date): RegistrationClientView[] {
  const list = readInformation(answers.information)
  if ('why' in list) return []
  const { listed, notListed } = listDevices(list.elements, now)
  return [
    ...listed.map((device) => judgeListed(device, answers)),
    ...notListed.map((fault) => ({ ...fault, verdict: 'unseen' as const })),
  ]
}

/** Why nothing of this port is listed; undefined when its answer to MOSIPDINFO is a list that can be read. */
export function judgeAnswer(
  information: ObservedAnswer,
): { readonly why: Reason; readonly field?: string } | undefined {
  const list = readInformation(information)
  return 'why' in list ? list : undefined
}

const UNANSWERED: Readonly<Record<Exclude<ObservedAnswer['outcome'], 'answer'>, Reason>> = {
  closed: 'no-connection',
  'hung-up': 'hung-up',
  silent: 'answer-late',
  cut: 'answer-cut',
  'not-http': 'not-http',
  'too-large': 'answer-too-large',
}

function readInformation(
  information: ObservedAnswer,
): { readonly elements: readonly unknown[] } | { readonly why: Reason; readonly field?: string } {
  const { outcome, status, tookMs } = information
  if (outcome !== 'answer') return { why: UNANSWERED[outcome] }
  if (tookMs > INFORMATION_LIMIT_MS) return { why: 'answer-late' }
  const value = readBody(information)
  if (value === undefined) return { why: status === 200 ? 'not-json' : 'info-not-answered' }
  const elements = readElements(value)
  return 'why' in elements ? withoutEmptyField(elements) : { elements }
}

const withoutEmptyField = ({ why, field }: { readonly why: Reason; readonly field: string }) =>
  field === '' ? { why } : { why, field }

function judgeListed(device: Listed, answers: PortAnswers): RegistrationClientView {
  const { serialNo, modality, certification, issuers } = device
  const why = findObstacle(device, answers)
  return {
    serialNo,
    verdict: why === undefined ? 'ready' : 'listed',
    modality,
    ...(certification !== null && { certification }),
    ...(why && { why }),
    issuers,
  }
}

/** `isDeviceAvailable`, which it asks before each stream and capture. */
function findObstacle(device: Listed, answers: PortAnswers): Reason | undefined {
  if (device.edition === undefined) return 'edition-unknown'
  const isNew = device.edition === '1.0'
  const answer = isNew ? answers.discovery10 : answers.discovery
  const isLate = !isNew && answer.tookMs > DISCOVERY_LIMIT_MS
  if (answer.outcome !== 'answer' || isLate) return 'discovery-not-answered'
  const list = readBody(answer)
  if (!Array.isArray(list))
    return answer.status === 200 ? 'discovery-not-readable' : 'discovery-not-answered'
  const elements = (list as unknown[]).map((element) =>
    readDto(element, isNew ? DISCOVERY_1_0 : DISCOVERY),
  )
  if (elements.some(({ ok }) => !ok)) return 'discovery-not-readable'
  const members = elements.flatMap((element) => (element.ok ? [element.members] : []))
  return isNew ? findObstacleIn10(device, members) : findObstacleIn095(device, members)
}

type Members = ReadonlyMap<string, unknown>

/** Any of the three is enough. */
function findObstacleIn10(device: Listed, elements: readonly Members[]): Reason | undefined {
  const isAvailable = elements.some(
    (members) =>
      names(members, '1.0') ||
      isReady(members) ||
      members.get('certification') === device.certification,
  )
  return isAvailable ? undefined : 'discovery-differs'
}

function findObstacleIn095(device: Listed, elements: readonly Members[]): Reason | undefined {
  const same = elements.filter(
    (members) =>
      names(members, device.edition ?? '') &&
      isEqual(members, device, 'certification') &&
      isEqual(members, device, 'deviceCode') &&
      isEqual(members, device, 'deviceId'),
  )
  if (same.some(isReady)) return undefined
  return same.length > 0 ? 'not-ready' : 'discovery-differs'
}

const isEqual = (
  members: Members,
  device: Listed,
  name: 'certification' | 'deviceCode' | 'deviceId',
): boolean => device[name] !== null && members.get(name) === device[name]

const isReady = (members: Members): boolean =>
  String(members.get('deviceStatus')).toLowerCase() === 'ready'

function names(members: Members, edition: string): boolean {
  const specVersion = members.get('specVersion')
  return Array.isArray(specVersion) && specVersion.includes(edition)
}
