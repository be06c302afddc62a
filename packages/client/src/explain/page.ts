import type {
  DeviceExplanation,
  ExchangeExplanation,
  Explanation,
  Finding,
  PortExplanation,
} from './explanation.ts'
import { label, wrap } from './paragraphs.ts'

/** The explanation as one page of text: 80 columns wide, readable without colour. */

export function printPage(explanation: Explanation): string {
  const { ports, isWell, next, isClientRunning } = explanation
  const running =
    isClientRunning === undefined
      ? []
      : [isClientRunning ? 'The client is running.' : 'The client is not running.', '']
  const verdict = `${isWell ? 'All is well' : 'Something is wrong'}. ${next}`
  return [
    ...running,
    ...ports.flatMap((port) => [...printPort(port), '']),
    ...wrap(verdict, '', ''),
    '',
  ].join('\n')
}

function printPort(explained: PortExplanation): string[] {
  const { port, listener, kind, exchanges, devices, next } = explained
  const title = `Port ${port}`
  const isSaid = devices.some((device) => device.next === next)
  return [
    title,
    '='.repeat(title.length),
    ...label('listens', describeListener(listener, kind), '  '),
    ...(kind === 'closed' ? [] : exchanges.flatMap(printExchange)),
    ...devices.flatMap((device) => ['', ...printDevice(device, exchanges)]),
    ...(isSaid ? [] : ['', ...label('next', next, '  ')]),
  ]
}

function describeListener(
  listener: PortExplanation['listener'],
  kind: PortExplanation['kind'],
): string {
  if (listener === undefined)
    return kind === 'closed' ? 'no program' : 'a program; this system does not tell which'
  const { program, pid, isAtLoopback } = listener
  const name =
    program === undefined ? 'a program of another account' : `${program} (process ${pid})`
  return isAtLoopback ? name : `${name}, but not at 127.0.0.1`
}

function printExchange(exchange: ExchangeExplanation): string[] {
  const { verb, path, status, octets, contentType, tookMs, refused, errors, tolerated } = exchange
  const facts = [
    status === undefined ? 'no HTTP answer' : `HTTP ${status}`,
    ...(octets === undefined ? [] : [`${octets} octets`]),
    ...(contentType === undefined ? [] : [contentType]),
    `${tookMs} ms`,
    ...errors.map((code) => `error ${code}`),
  ]
  return [
    ...label('asked', `${verb} ${path}: ${facts.join(', ')}`, '  '),
    ...(refused === undefined ? [] : printFinding(refused, 'body', '  ')),
    ...tolerated.flatMap((finding) => printFinding(finding, 'body', '  ')),
  ]
}

function printDevice(
  device: DeviceExplanation,
  exchanges: readonly ExchangeExplanation[],
): string[] {
  const { serialNo = 'A device without a serial number', make, model, modality } = device
  const name = [[make, model].filter((part) => part !== undefined).join(' '), modality]
  const facts = [serialNo, ...name, device.level, device.deviceStatus]
  return [
    ...wrap(facts.filter((part) => part !== undefined && part !== '').join(' · '), '  ', '    '),
    ...label('reading', device.isUnderstood ? 'understood' : 'NOT UNDERSTOOD', '    '),
    ...device.refused
      .filter((finding) => !exchanges.some(({ refused }) => isSame(refused, finding)))
      .flatMap((finding) => printFinding(finding, '', '    ')),
    ...mergeAnswers(listTold(device)).flatMap((finding) => printFinding(finding, '', '    ')),
    ...label('MOSIP', describeView(device), '    '),
    ...(device.registrationClient.trusts ?? []).flatMap((name) =>
      label('', `It must trust, in domain DEVICE: ${name}`, '    '),
    ),
    ...device.server.flatMap(({ state, words }, at) =>
      label(at === 0 ? 'server' : '', `${state}: ${words}`, '    '),
    ),
    ...(device.client === undefined ? [] : label('client', device.client, '    ')),
    ...label('next', device.next, '    '),
  ]
}

/** That the other answer was no better is said by the refusal. */
const listTold = ({ tolerated, refused }: DeviceExplanation): Finding[] =>
  tolerated.filter(
    ({ kind, field }) => kind !== 'other-answer' || !refused.some((other) => other.field === field),
  )

/** What is wrong with the answer as a whole stands above, beside the answer. */
const isSame = (one: Finding | undefined, other: Finding): boolean =>
  one !== undefined && one.code === other.code && one.field === other.field

interface Shown extends Omit<Finding, 'answer'> {
  readonly answer: string
}

/** What is odd in both answers alike is said once. */
function mergeAnswers(findings: readonly Finding[]): Shown[] {
  const shown = new Map<string, Shown>()
  for (const finding of findings) {
    const { answer, source: _, ...rest } = finding
    const key = JSON.stringify(rest)
    const known = shown.get(key)
    shown.set(key, { ...finding, answer: known === undefined ? answer : 'both' })
  }
  return [...shown.values()]
}

const ANSWERS: Readonly<Record<string, string>> = {
  discovery: 'the discovery',
  information: 'the device information',
  both: 'both answers',
}

function printFinding(finding: Shown, whole: string, indent: string): string[] {
  const { answer, field, found, should, source, words, code } = finding
  const place = field === '' ? whole || 'the device' : field
  const inner = `${indent}  `
  return [
    ...label(
      code === undefined ? 'tolerated' : 'refused',
      `${place}, in ${ANSWERS[answer] ?? answer}`,
      indent,
    ),
    ...(found === undefined ? [] : label('there', found, inner)),
    ...label('should', should, inner),
    ...label('why', code === undefined ? words : `${words} (${code})`, inner),
    ...label('source', source, inner),
  ]
}

function describeView({ registrationClient: view }: DeviceExplanation): string {
  const { verdict, modality = '', level, words = '', field } = view
  const seen = `${modality}${level === undefined ? '' : `, level ${level}`}`
  const place = field === undefined ? '' : ` (${field})`
  switch (verdict) {
    case 'ready':
      return `its registration client sees it as ${seen}, and uses it.`
    case 'listed':
      return `its registration client sees it as ${seen}, and does not use it: ${words}`
    case 'unseen':
      return `its registration client does not see it: ${words}${place}`
    case 'unknown':
      return `what its registration client sees is not known: ${words}`
  }
}
