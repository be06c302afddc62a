import type { EventView } from '@sanad/protocol/operator-api/events'
import type { EventData, EventType } from '@sanad/protocol/domain/events'
import type { TFunction } from 'i18next'
import { isolate } from '../i18n/isolate.ts'
import { problemTitle } from '../i18n/problem-text.ts'
import { minuteUtc } from '../i18n/time.ts'
import {
  account,
  bulkActName,
  checkName,
  commandName,
  day,
  failureOf,
  named,
  type Names,
  nothing,
  nounOf,
  operationOf,
  type Parts,
  policyGiven,
  proposerOf,
  reason,
  refusal,
  short,
  subject,
} from './event-nouns.ts'

type PartsOf = { [T in EventType]: (t: TFunction, data: EventData<T>, names: Names) => Parts }

/** What each sentence of `events.json` takes from its event. */
const PARTS: PartsOf = {
  'device.approved': (t, { source }) => ({ source: t(`events.source.${source}`) }),
  'device.reapproved': reason,
  'device.suspended': reason,
  'device.resumed': reason,
  'device.blocked': reason,
  'device.deregistered': reason,
  'device.list-exported': nothing,
  'device.registered': (t, { level, proof }) => ({ level, proof: t(`events.proof.${proof}`) }),
  'device.registration-refused': refusal,
  'device.claim-quarantined': refusal,
  'device.approval-requested': (_, { spkiSha256 }) => ({ key: short(spkiSha256) }),
  'device.approval-decided': (t, { decision }) => ({ decision: t(`events.decision.${decision}`) }),
  'device.first-check-in': (_, { deviceStatus, serviceVersion }) => ({
    status: deviceStatus,
    version: serviceVersion ?? '–',
  }),
  'device.status-changed': (_, { from, to }) => ({ from, to }),
  'device.message-refused': (t, { code, occurrences }) => ({
    why: problemTitle(t, code),
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
    check: checkName(t, check),
    until: day(until),
  }),
  'certificate.expired': nothing,
  'revocation-lists.published': (_, { lists, entries }) => ({ count: lists, entries }),
  'certificate.issued': (_, { notAfter }) => ({ until: day(notAfter) }),
  'certificate.issuance-abandoned': (t, { code }) => ({ why: problemTitle(t, code) }),
  'certificate.revoked': reason,
  'provider-certificate.imported': (t, { providerCertificateId, notAfter }, names) => ({
    ...subject(t, 'provider-certificate', providerCertificateId, names),
    until: day(notAfter),
  }),
  'provider-certificate.retired': (t, { providerCertificateId }, names) =>
    subject(t, 'provider-certificate', providerCertificateId, names),
  'response-key.certified': (_, { notAfter }) => ({
    until: minuteUtc(notAfter),
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
  'proposal.made': operationOf,
  'proposal.confirmed': proposerOf,
  'proposal.glass-broken': (t, data) => ({ ...operationOf(t, data), ...reason(t, data) }),
  'proposal.carried-out': (t, data, names) => ({
    ...proposerOf(t, data, names),
    confirmer: nounOf(t, 'operator', data.confirmedBy, names),
  }),
  'proposal.failed': (t, data) => ({ ...operationOf(t, data), why: problemTitle(t, data.code) }),
  'proposal.reconsidered': operationOf,
  'proposal.withdrawn': operationOf,
  'proposal.declined': proposerOf,
  'proposal.expired': operationOf,
  'proposal.superseded': operationOf,
  'two-person-rules.changed': (t, { kinds }) => ({
    kinds:
      kinds.length === 0
        ? t('events.proposal.no-kinds')
        : kinds.map((kind) => t(`proposals.kind.${kind}`)).join(', '),
  }),
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
  'hsm.lost': (t, { code }) => ({ why: problemTitle(t, code) }),
  'hsm.recovered': (_, { awaySeconds }) => ({ count: awaySeconds }),
  'server-clock.changed': (t, { state, uncertaintyMs }) => ({
    state: t(`trust.server.clock-state.${state}`),
    bound: uncertaintyMs ?? '–',
  }),
  'server.leak-removed': (_, { occurrences }) => ({ count: occurrences }),
  'server.unknown-claims': (t, { code, occurrences }) => ({
    count: occurrences,
    why: problemTitle(t, code),
  }),
  'server.started': (_, { version, mode }) => ({ version, mode }),
}

export function partsOf(t: TFunction, event: EventView): Parts {
  // The server validated `data` against the catalogue before it was recorded.
  const read = PARTS[event.type] as (t: TFunction, data: unknown, names: Names) => Parts
  return read(t, event.data, event.names)
}
