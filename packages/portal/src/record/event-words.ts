import { BULK_ACTS } from '@sanad/protocol/operator-api/bulk-acts'
import type { EventView } from '@sanad/protocol/operator-api/events'
import { CHECK_NAMES, type CheckName } from '@sanad/protocol/operator-api/checks'
import { COMMAND_TYPES, type CommandType } from '@sanad/protocol/domain/command-types'
import { COMMAND_FAILURES, type CommandFailure } from '@sanad/protocol/domain/command-report'
import type { EventData, EventType, Reason } from '@sanad/protocol/domain/events'
import { isProblemCode } from '@sanad/protocol/text/problems'
import type { TFunction } from 'i18next'
import { problemText } from '../i18n/problem-text.ts'
import { isolate } from '../i18n/isolate.ts'
import { calendarDay } from '../i18n/time.ts'
import { shortenMiddle } from '../ui/shorten.ts'
import type { Health } from '../ui/state-mark.tsx'

/** The parts of a sentence that come from the event. */
type Parts = Record<string, string | number>
type PartsOf = { [T in EventType]: (t: TFunction, data: EventData<T>, names: Names) => Parts }

/** Of ids that the data have: what they are called now. */
type Names = Readonly<Record<string, string>>
type Kind =
  | 'model'
  | 'policy'
  | 'group'
  | 'webhook'
  | 'ftm-provider'
  | 'provider-certificate'
  | 'operator'
  | 'device'
  | 'import'

/** “the policy “Slow links””; where it is gone, “a policy”: an id says nothing to a person. */
function nounOf(t: TFunction, kind: Kind, id: string | undefined, names: Names): string {
  const name = id === undefined ? undefined : names[id]
  return name === undefined
    ? t(`events.name.${kind}`)
    : t(`events.name.${kind}-named`, { name: isolate(name) })
}

const subject = (t: TFunction, kind: Kind, id: string | undefined, names: Names): Parts => ({
  subject: nounOf(t, kind, id, names),
})

/** An event about an account has its name of then, even where the account is gone. */
function account(
  t: TFunction,
  { operatorId, name }: { readonly operatorId: string; readonly name?: string },
  names: Names,
): Parts {
  return name === undefined
    ? subject(t, 'operator', operatorId, names)
    : { subject: t('events.name.operator-named', { name: isolate(name) }) }
}

function policyGiven(
  t: TFunction,
  { policyId, scope, targetId }: EventData<'policy.assigned'>,
  names: Names,
): Parts {
  const target = scope === 'fleet' ? t('events.scope.fleet') : nounOf(t, scope, targetId, names)
  return { ...subject(t, 'policy', policyId, names), scope: target }
}

const reason = (t: TFunction, data: { reason: Reason }): Parts => ({
  reason: t(`reasons.${data.reason}`),
})
const nothing = (): Parts => ({})
const short = (hash: string): string => shortenMiddle(hash, 17)
const day = (iso: string): string => calendarDay(iso)
const CHECK_TITLES: ReadonlySet<string> = new Set(CHECK_NAMES)

const COMMAND_NAMES: ReadonlySet<string> = new Set(COMMAND_TYPES)
const FAILURE_NAMES: ReadonlySet<string> = new Set(COMMAND_FAILURES)

// The record keeps the type by name; one of another version of the server is shown as it is.
const commandName = (t: TFunction, type: string): string =>
  COMMAND_NAMES.has(type) ? t(`events.command-type.${type as CommandType}`) : type
const bulkActName = (t: TFunction, act: string): string => {
  const known = BULK_ACTS.find((name) => name === act)
  return known === undefined ? act : t(`events.bulk-act.act.${known}`)
}
const failureOf = (t: TFunction, failure: string | undefined): string =>
  failure !== undefined && FAILURE_NAMES.has(failure)
    ? t(`events.command-failure.${failure as CommandFailure}`)
    : t('events.command-failure.failed')
const named = (t: TFunction, { commandType }: { commandType: string }): Parts => ({
  command: commandName(t, commandType),
})

const PARTS: PartsOf = {
  'device.approved': (t, { source }) => ({ source: t(`events.source.${source}`) }),
  'device.reapproved': reason,
  'device.suspended': reason,
  'device.resumed': reason,
  'device.blocked': reason,
  'device.deregistered': reason,
  'device.list-exported': nothing,
  'device.registered': (t, { level, proof }) => ({ level, proof: t(`events.proof.${proof}`) }),
  'device.registration-refused': (t, data) => refusal(t, data),
  'device.claim-quarantined': (t, data) => refusal(t, data),
  'device.approval-requested': (_, { spkiSha256 }) => ({ key: short(spkiSha256) }),
  'device.approval-decided': (t, { decision }) => ({ decision: t(`events.decision.${decision}`) }),
  'device.first-check-in': (_, { deviceStatus, serviceVersion }) => ({
    status: deviceStatus,
    version: serviceVersion ?? '–',
  }),
  'device.status-changed': (_, { from, to }) => ({ from, to }),
  'device.message-refused': (t, { code, occurrences }) => ({
    why: whyOf(t, code),
    count: occurrences,
  }),
  'device.leak-removed': (_, { occurrences }) => ({ count: occurrences }),
  'device.clone-suspected': (t, { sign }) => ({ sign: t(`events.sign.${sign}`) }),
  'device.host-changed': (t, { isAllowed }) => ({
    allowed: t(`events.host-move.${isAllowed ? 'allowed' : 'refused'}`),
  }),
  'device.clock-reset-ordered': reason,
  'key.rotation-ordered': (t, { devices, reason: why }) => ({
    count: devices,
    whom: t('events.fold.devices', { count: devices }),
    reason: t(`reasons.${why}`),
  }),
  'key.rotation-order-cancelled': (_, { devices }) => ({ count: devices }),
  'key.rotated': (_, { serialNumber }) => ({ serial: short(serialNumber) }),
  'key.recovered': (t, { daysPastEnd, proof }) => ({
    count: daysPastEnd,
    proof: t(`events.proof.${proof}`),
  }),
  'key.purge-confirmed': (_, { keys }) => ({ count: keys }),
  'key.purge-unconfirmed': nothing,
  'command.ordered': named,
  'command.succeeded': named,
  'command.failed': (t, data) => ({ ...named(t, data), failure: failureOf(t, data.failure) }),
  'command.refused': (t, data) => ({ ...named(t, data), failure: failureOf(t, data.failure) }),
  'command.expired': named,
  'command.cancelled': named,
  'command.retried': (t, data) => ({ ...named(t, data), retry: data.retry }),
  'command.leak-removed': (_, { occurrences }) => ({ count: occurrences }),
  'command-key.certified': (_, { notAfter }) => ({ until: day(notAfter) }),
  'campaign.created': (t, { commandType, devices }) => ({
    command: commandName(t, commandType ?? 'rotate-key'),
    count: devices,
  }),
  'campaign.phase-begun': (_, { phase }) => ({ phase }),
  'campaign.paused': (t, { because }) => ({
    because: because === undefined ? '' : t(`events.paused-because.${because}`),
  }),
  'campaign.resumed': nothing,
  'campaign.stopped': (t, { because, failed, ended }) => ({
    because: t(`events.stopped-because.${because}`),
    failed,
    ended,
  }),
  'campaign.finished': (_, { succeeded, devices }) => ({ succeeded, count: devices }),
  'policy.created': (_, { name }) => ({ name }),
  'policy.changed': (t, { policyId, version }, names) => ({
    ...subject(t, 'policy', policyId, names),
    version,
  }),
  'policy.assigned': policyGiven,
  'policy.unassigned': policyGiven,
  'group.created': (_, { name }) => ({ name }),
  'group.devices-assigned': (t, { groupId, devices }, names) => ({
    count: devices,
    ...(groupId === undefined
      ? { subject: t('events.name.no-group') }
      : subject(t, 'group', groupId, names)),
  }),
  'group.changed': (t, { name, country, environment }) => ({
    name,
    market:
      country === undefined
        ? t('events.group.no-market')
        : `${country} ${environment ?? ''}`.trim(),
  }),
  'group.deleted': (_, { name }) => ({ name }),
  'bulk-act.ordered': (t, { act, devices }) => ({ act: bulkActName(t, act), count: devices }),
  'bulk-act.ended': (t, { act, outcome, changed, failed }) => ({
    act: bulkActName(t, act),
    outcome: t(`events.bulk-act.outcome.${outcome}`),
    count: changed,
    failed,
  }),
  'finding.suppressed': (t, { check, until }) => ({
    check: CHECK_TITLES.has(check) ? t(`findings.check.${check as CheckName}`) : check,
    until: day(until),
  }),
  'certificate.expired': nothing,
  'revocation-lists.published': (_, { lists, entries }) => ({ count: lists, entries }),
  'certificate.issued': (_, { notAfter }) => ({ until: day(notAfter) }),
  'certificate.issuance-abandoned': (t, { code }) => ({ why: whyOf(t, code) }),
  'certificate.revoked': reason,
  'provider-certificate.imported': (t, { providerCertificateId, notAfter }, names) => ({
    ...subject(t, 'provider-certificate', providerCertificateId, names),
    until: day(notAfter),
  }),
  'provider-certificate.retired': (t, { providerCertificateId }, names) =>
    subject(t, 'provider-certificate', providerCertificateId, names),
  'response-key.certified': (_, { notAfter }) => ({
    until: notAfter.slice(0, 16).replace('T', ' '),
  }),
  'tls-key.certified': (_, { notAfter }) => ({ until: day(notAfter) }),
  'model.created': (_, { make, model, level }) => ({ make, model, level }),
  'model.retired': (t, data, names) => ({
    ...reason(t, data),
    ...subject(t, 'model', data.modelId, names),
  }),
  'model.serial-no-form-set': (t, { modelId, form }, names) => ({
    ...subject(t, 'model', modelId, names),
    form: form ?? t('events.no-form'),
  }),
  'ftm-provider.added': (_, { name, notAfter }) => ({ name, until: day(notAfter) }),
  'ftm-provider.retired': (t, data, names) => ({
    ...reason(t, data),
    ...subject(t, 'ftm-provider', data.ftmProviderId, names),
  }),
  'ftm-provider.revocation-policy-set': (t, { name, revocationPolicy, host }) => ({
    name,
    policy: t(`events.ftm-list.policy.${revocationPolicy}`),
    from: host === undefined ? '' : t('events.ftm-list.from', { host }),
  }),
  'ftm-provider.revocation-list-taken': (t, { name, crlNumber, nextUpdate, revoked, source }) => ({
    name,
    number: crlNumber,
    count: revoked,
    until: day(nextUpdate),
    how: t(`events.ftm-list.how.${source}`),
  }),
  'import.confirmed': (t, { importId, format, approved, leftOut }, names) => ({
    count: approved,
    leftOut,
    file:
      names[importId] === undefined
        ? t(`events.name.${format}`)
        : nounOf(t, 'import', importId, names),
  }),
  'operator.created': (t, data, names) => ({
    ...account(t, data, names),
    role: t(`session.role.${data.role}`),
  }),
  'operator.role-changed': (t, data, names) => ({
    ...account(t, data, names),
    role: t(`session.role.${data.role}`),
  }),
  'operator.disabled': account,
  'operator.enabled': account,
  'operator.invited': account,
  'operator.invitation-accepted': account,
  'operator.reset': account,
  'operator.password-changed': account,
  'operator.signed-in': (_, { address }) => ({ address: isolate(address ?? '–') }),
  'operator.sessions-ended': (t, data, names) => ({
    ...account(t, data, names),
    count: data.sessions,
  }),
  'operator.signed-out': nothing,
  'operator.sign-in-failed': (t, { operatorId, failures }, names) => ({
    count: failures,
    ...(operatorId === undefined
      ? { subject: t('events.name.nobody') }
      : subject(t, 'operator', operatorId, names)),
  }),
  'webhook.created': (t, data, names) => subject(t, 'webhook', data.webhookId, names),
  'webhook.disabled': (t, { webhookId, failures }, names) => ({
    count: failures,
    ...subject(t, 'webhook', webhookId, names),
  }),
  'webhook.resumed': (t, data, names) => subject(t, 'webhook', data.webhookId, names),
  'webhook.deleted': (t, data, names) => subject(t, 'webhook', data.webhookId, names),
  'ceremony.key-created': (_, { purpose, modulusBits }) => ({ purpose, bits: modulusBits }),
  'ceremony.completed': nothing,
  'hsm.connected': (_, { tokenSerialNumber, keys }) => ({ token: tokenSerialNumber, count: keys }),
  'hsm.exception-accepted': (_, { tokenSerialNumber, exception }) => ({
    token: tokenSerialNumber,
    exception,
  }),
  'hsm.lost': (t, { code }) => ({ why: whyOf(t, code) }),
  'hsm.recovered': (_, { awaySeconds }) => ({ count: awaySeconds }),
  'server-clock.changed': (t, { state, uncertaintyMs }) => ({
    state: t(`trust.server.clockState.${state}`),
    bound: uncertaintyMs ?? '–',
  }),
  'server.leak-removed': (_, { occurrences }) => ({ count: occurrences }),
  'server.unknown-claims': (t, { code, occurrences }) => ({
    count: occurrences,
    why: whyOf(t, code),
  }),
  'server.started': (_, { version, mode }) => ({ version, mode }),
}

const HEALTH: Partial<Record<EventType, Health>> = {
  'device.registered': 'good',
  'device.first-check-in': 'good',
  'device.suspended': 'attention',
  'device.approval-requested': 'attention',
  'device.blocked': 'bad',
  'device.registration-refused': 'bad',
  'device.claim-quarantined': 'bad',
  'device.message-refused': 'attention',
  'device.clone-suspected': 'bad',
  'device.host-changed': 'attention',
  'key.rotated': 'good',
  'key.recovered': 'good',
  'key.purge-confirmed': 'good',
  'key.purge-unconfirmed': 'attention',
  'certificate.issued': 'good',
  'certificate.issuance-abandoned': 'attention',
  'certificate.revoked': 'attention',
  'command.succeeded': 'good',
  'command.failed': 'bad',
  'command.refused': 'attention',
  'command.expired': 'attention',
  'command.leak-removed': 'bad',
  'device.leak-removed': 'bad',
  'device.clock-reset-ordered': 'attention',
  'webhook.disabled': 'bad',
  'campaign.stopped': 'attention',
  'campaign.finished': 'good',
  'operator.sign-in-failed': 'attention',
  'hsm.connected': 'good',
  'hsm.exception-accepted': 'attention',
  'hsm.lost': 'bad',
  'hsm.recovered': 'good',
  'server.leak-removed': 'bad',
}

export function eventHealth(type: EventType): Health | undefined {
  return HEALTH[type]
}

/** Stands for the device in a sentence, so that it can be shown as a link, or as a number of devices. */
export const DEVICE_MARK = '\u{fffc}'

/** One sentence about what happened: who did what to what. The device is {@link DEVICE_MARK}. */
export function markedSentence(t: TFunction, event: EventView): string {
  // The server validated `data` against the catalogue before it was recorded.
  const partsOf = PARTS[event.type] as (t: TFunction, data: unknown, names: Names) => Parts
  const common = { actor: actorOf(t, event), device: DEVICE_MARK }
  const parts = { ...common, ...partsOf(t, event.data, event.names) }
  // An order that is about one device says which.
  if ('whom' in parts && event.deviceId !== null) parts.whom = DEVICE_MARK
  return t(`events.${event.type}`, parts)
}

/** The same as text, with the device by its serial number. */
export function eventSentence(t: TFunction, event: EventView): string {
  return markedSentence(t, event).replaceAll(DEVICE_MARK, isolate(deviceOf(t, event)))
}

/** What the device of an event is called: by its record, or as the refused claim called it. */
export function deviceOf(t: TFunction, { device, data }: EventView): string {
  return device?.serialNo ?? textOf(data['serialNo']) ?? t('events.name.device')
}

export function actorOf(t: TFunction, event: EventView): string {
  if (event.actor === 'server') return t('events.by.server')
  if (event.actor === 'command-line') return t('events.by.command-line')
  if (event.actor.startsWith('device:')) return t('events.by.device')
  return event.actorName === null ? t('events.by.operator') : isolate(event.actorName)
}

/** The reason code, rule and support code, where the event has them. */
export function eventCodes(event: EventView): {
  code: string | undefined
  rule: string | undefined
  supportCode: string | undefined
} {
  return {
    code: textOf(event.data['code']),
    rule: textOf(event.data['rule']),
    supportCode: textOf(event.data['supportCode']),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function refusal(t: TFunction, data: { code: string; serialNo?: string }): Parts {
  return { why: whyOf(t, data.code), serial: data.serialNo ?? '' }
}

function whyOf(t: TFunction, code: string): string {
  return isProblemCode(code) ? problemText(t, code).why : code
}
