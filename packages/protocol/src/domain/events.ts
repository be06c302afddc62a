import Type, { type Static, type TObject, type TProperties } from 'typebox'
import { Compile } from 'typebox/compile'
import {
  CertificateSerial,
  Count,
  Country,
  DeviceProviderId,
  Environment,
  Instant,
  Label,
  Make,
  Model,
  SerialNo,
  SerialNoForm,
  Sha256,
  Uuid,
  closed,
} from '../text/fields.ts'
import { UUID_PATTERN } from '../text/uuid.ts'
import { type CanonicalValue, canonicalText } from '../text/canonical-json.ts'
import { DEVICE_TYPES, LEVELS } from './device-kinds.ts'
import { HSM_EXCEPTIONS } from './hsm-exceptions.ts'
import { LEAK_KINDS } from './leak-tripwire.ts'
import { ROLES } from './permissions.ts'
import { TWO_PERSON_KINDS } from './proposals.ts'
import { SanadError } from '../text/problems.ts'

/**
 * The catalogue of what is put on record: every effect, who caused it, and about which device.
 *
 * An event is kept for ever and will become a leaf of a Merkle tree. So: closed shapes, canonical bytes, and no
 * biometric data. An operator acts by id; only events about an account itself carry its name, or an auditor could not
 * read who was let in. A person’s free words are kept outside the record.
 */

/** Why an operator acted. A closed list, because what stands in the record can never be taken out. */
export const REASONS = [
  'lost',
  'stolen',
  'tampered',
  'suspected-clone',
  'key-compromised',
  'under-repair',
  'repaired',
  'found',
  'relocated',
  'replaced',
  'end-of-life',
  'policy',
  'entered-in-error',
  'other',
] as const
export type Reason = (typeof REASONS)[number]

// MF §4.3: what an SBI says of its device.
export const DEVICE_STATUSES = ['Ready', 'Busy', 'Not Ready', 'Not Registered'] as const
export type DeviceStatus = (typeof DEVICE_STATUSES)[number]

/** What a policy can be given to; the narrowest counts. */
export const POLICY_SCOPES = ['fleet', 'model', 'group', 'device'] as const
export type PolicyScope = (typeof POLICY_SCOPES)[number]

/** `device`: always about one; `maybe-device`: about one if it is known; `none`: about none. */
type Subject = 'device' | 'maybe-device' | 'none'

interface EventRow<S extends Subject, P extends TProperties> {
  readonly subject: S
  readonly data: TObject<P>
}

function row<S extends Subject, P extends TProperties>(subject: S, properties: P): EventRow<S, P> {
  return { subject, data: Type.Object(properties, closed) }
}

const onDevice = <P extends TProperties>(properties: P) => row('device', properties)
const onMaybeDevice = <P extends TProperties>(properties: P) => row('maybe-device', properties)
const on = <P extends TProperties>(properties: P) => row('none', properties)

const optional = Type.Optional
const Reason = Type.Enum(REASONS)
/** A stable code of ours: `registration.suspected-clone`, `R05-ftm-chain`. */
const Code = Type.String({ pattern: '^[A-Za-z0-9]+(?:[.-][a-z0-9]+)*$', maxLength: 80 })
const SupportCode = Type.String({ pattern: '^[A-Z0-9-]{4,24}$' })
const Version = Type.String({ minLength: 1, maxLength: 64 })
const DeviceStatus = Type.Enum(DEVICE_STATUSES)

const claimedIdentity = {
  make: optional(Make),
  model: optional(Model),
  serialNo: optional(SerialNo),
}

const refusal = { code: Code, rule: optional(Code), supportCode: SupportCode, ...claimedIdentity }

/** IPv4 or IPv6, as the socket names it. */
const Address = Type.String({ pattern: '^[0-9A-Za-z.:%-]*$', maxLength: 64 })

/** An operator’s account. On the server’s host it is changed by an account of the host, which is named. */
const account = { operatorId: Uuid, name: optional(Label), hostAccount: optional(Label) }

/** By name: the catalogue of types is another file’s, and reads this one. */
const command = { commandId: Uuid, commandType: Code }

/** The operation by its id, and the SHA-256 of its canonical form. */
const proposal = { proposalId: Uuid, operation: Code, digest: Sha256 }

export const EVENTS = {
  // The repository of approved devices.
  'device.approved': onDevice({
    make: Make,
    model: Model,
    serialNo: SerialNo,
    source: Type.Enum(['operator', 'csv', 'factory-manifest']),
    importId: optional(Uuid),
    ftmCertificateSha256: optional(Sha256),
    hasEnrolmentSecret: Type.Boolean(),
    /** Doubts about the serial number that the operator confirmed. */
    confirmedWarnings: optional(Type.Array(Code, { maxItems: 16 })),
  }),
  'device.reapproved': onDevice({ reason: Reason }),
  'device.suspended': onDevice({ reason: Reason }),
  'device.resumed': onDevice({ reason: Reason }),
  'device.blocked': onDevice({ reason: Reason }),
  'device.deregistered': onDevice({ reason: Reason }),
  'device.list-exported': on({ sha256: optional(Sha256) }),

  // Registration.
  'device.registered': onDevice({
    level: Type.Enum(LEVELS),
    proof: Type.Enum(['ftm', 'enrolment-secret', 'operator-approval']),
    certificateSerial: CertificateSerial,
    spkiSha256: Sha256,
    ftmCertificateSha256: optional(Sha256),
  }),
  'device.registration-refused': onMaybeDevice(refusal),
  'device.claim-quarantined': onMaybeDevice({
    ...refusal,
    spkiSha256: optional(Sha256),
    ftmCertificateSha256: optional(Sha256),
  }),
  'device.approval-requested': onDevice({
    requestId: Uuid,
    supportCode: SupportCode,
    spkiSha256: Sha256,
  }),
  'device.approval-decided': onDevice({
    requestId: Uuid,
    decision: Type.Enum(['approved', 'refused']),
  }),

  // The life of a key.
  'key.rotation-ordered': onMaybeDevice({
    orderId: Uuid,
    devices: Count,
    windowStart: Instant,
    windowEnd: Instant,
    reason: Reason,
  }),
  'key.rotation-order-cancelled': on({ orderId: Uuid, devices: Count }),
  'key.rotated': onDevice({
    serialNumber: CertificateSerial,
    replacesSerialNumber: CertificateSerial,
  }),
  'key.recovered': onDevice({
    serialNumber: CertificateSerial,
    replacesSerialNumber: CertificateSerial,
    proof: Type.Enum(['ftm', 'operator-approval']),
    /** Since the end of the certificate. */
    daysPastEnd: Count,
  }),
  'key.purge-confirmed': onDevice({
    keys: Count,
    /** Of the purge certificate: the JWS that the device signed. */
    statementSha256: Sha256,
  }),
  'key.purge-unconfirmed': onDevice({ since: Instant }),
  'device.clone-suspected': onDevice({
    sign: Type.Enum(['sequence-fork', 'two-installations']),
  }),
  'device.host-changed': onDevice({ isAllowed: Type.Boolean() }),

  // Commands. That one was sent is no effect yet.
  'command.ordered': onDevice({ ...command, campaignId: optional(Uuid) }),
  'command.succeeded': onDevice({ ...command, isLate: optional(Type.Boolean()) }),
  'command.failed': onDevice({
    ...command,
    failure: optional(Code),
    isLate: optional(Type.Boolean()),
  }),
  'command.refused': onDevice({
    ...command,
    failure: optional(Code),
    isLate: optional(Type.Boolean()),
  }),
  'command.expired': onDevice(command),
  'command.cancelled': onDevice(command),
  'command.retried': onDevice({ ...command, retry: Count }),
  /** The tripwire took something out of what a device sent; never what it was. */
  'command.leak-removed': onDevice({
    ...command,
    kind: Type.Enum(LEAK_KINDS),
    occurrences: Count,
  }),
  /** The device that it names may go back to a time from `floor` on. */
  'device.clock-reset-ordered': onDevice({
    commandId: Uuid,
    number: Count,
    floor: Instant,
    notAfter: Instant,
    reason: Reason,
  }),
  'command-key.certified': on({ spkiSha256: Sha256, notAfter: Instant }),
  'campaign.created': on({
    campaignId: Uuid,
    /** Of a campaign of commands. */
    commandType: optional(Code),
    devices: Count,
    isContinuing: Type.Boolean(),
    /** Of a campaign of another kind. */
    kind: optional(Code),
  }),
  /** `phase` counts from 1. */
  'campaign.phase-begun': on({ campaignId: Uuid, phase: Count }),
  'campaign.paused': on({
    campaignId: Uuid,
    /** Of one that paused by itself. */
    because: optional(Type.Enum(['failures', 'too-few-succeeded'])),
  }),
  'campaign.resumed': on({ campaignId: Uuid }),
  'campaign.stopped': on({
    campaignId: Uuid,
    because: Type.Enum(['operator', 'failures']),
    failed: Count,
    ended: Count,
  }),
  'campaign.finished': on({ campaignId: Uuid, succeeded: Count, devices: Count }),

  // Policies and groups.
  'policy.created': on({ policyId: Uuid, name: Label }),
  'policy.changed': on({ policyId: Uuid, version: Count, settingsSha256: Sha256 }),
  'policy.assigned': on({
    policyId: Uuid,
    scope: Type.Enum(POLICY_SCOPES),
    targetId: optional(Uuid),
  }),
  'policy.unassigned': on({
    policyId: Uuid,
    scope: Type.Enum(POLICY_SCOPES),
    targetId: optional(Uuid),
  }),
  'group.created': on({ groupId: Uuid, name: Label }),
  'group.devices-assigned': on({ groupId: optional(Uuid), devices: Count }),
  'group.changed': on({
    groupId: Uuid,
    name: Label,
    country: optional(Country),
    environment: optional(Environment),
  }),
  'group.deleted': on({ groupId: Uuid, name: Label }),
  'bulk-act.ordered': on({
    bulkActId: Uuid,
    act: Code,
    devices: Count,
    reason: optional(Reason),
    groupId: optional(Uuid),
    commandType: optional(Code),
  }),
  'bulk-act.ended': on({
    bulkActId: Uuid,
    act: Code,
    outcome: Type.Enum(['finished', 'cancelled', 'failed']),
    changed: Count,
    failed: Count,
  }),
  'finding.suppressed': onMaybeDevice({ findingId: Uuid, check: Code, until: Instant }),

  // Life in the field.
  'device.first-check-in': onDevice({
    deviceStatus: DeviceStatus,
    serviceVersion: optional(Version),
    firmware: optional(Version),
  }),
  'device.status-changed': onDevice({ from: DeviceStatus, to: DeviceStatus }),
  'device.message-refused': onDevice({ code: Code, occurrences: Count }),
  /** The tripwire dropped a fact of a check-in; never what it was. */
  'device.leak-removed': onDevice({ kind: Type.Enum(LEAK_KINDS), occurrences: Count }),

  // Certificates.
  'certificate.issued': onDevice({
    serialNumber: CertificateSerial,
    spkiSha256: Sha256,
    thumbprintSha256: Sha256,
    notBefore: Instant,
    notAfter: Instant,
    providerCertificateId: Uuid,
  }),
  'certificate.issuance-abandoned': onDevice({ serialNumber: CertificateSerial, code: Code }),
  'certificate.revoked': onDevice({ serialNumber: CertificateSerial, reason: Reason }),
  'certificate.expired': onDevice({ serialNumber: CertificateSerial }),
  'revocation-lists.published': on({
    issuer: Type.String({ pattern: '^[0-9a-f]{16}$' }),
    lists: Count,
    entries: Count,
  }),
  'provider-certificate.imported': on({
    providerCertificateId: Uuid,
    thumbprintSha256: Sha256,
    notAfter: Instant,
  }),
  'provider-certificate.retired': on({ providerCertificateId: Uuid }),
  'response-key.certified': on({ spkiSha256: Sha256, notAfter: Instant }),
  'tls-key.certified': on({ spkiSha256: Sha256, notAfter: Instant }),

  // Models, FTM providers, imports.
  'model.created': on({
    modelId: Uuid,
    make: Make,
    model: Model,
    deviceType: Type.Enum(DEVICE_TYPES),
    level: Type.Enum(LEVELS),
    deviceProviderId: DeviceProviderId,
    ftmProviderId: optional(Uuid),
    serialNoForm: optional(SerialNoForm),
  }),
  'model.serial-no-form-set': on({
    modelId: Uuid,
    /** Absent where the model has none any more. */
    form: optional(SerialNoForm),
  }),
  'model.retired': on({ modelId: Uuid, reason: Reason }),
  'ftm-provider.added': on({
    ftmProviderId: Uuid,
    name: Label,
    certificateSha256: Sha256,
    notAfter: Instant,
  }),
  'ftm-provider.retired': on({ ftmProviderId: Uuid, reason: Reason }),
  'ftm-provider.revocation-policy-set': on({
    ftmProviderId: Uuid,
    name: Label,
    revocationPolicy: Type.Enum(['ignore', 'warn', 'refuse']),
    /** Host that lists are fetched from; absent where they are only imported. */
    host: optional(Type.String({ minLength: 1, maxLength: 128, pattern: '^[\\x21-\\x7e]+$' })),
    /** SHA-256 of the whole address. */
    urlSha256: optional(Sha256),
  }),
  /** A newer revocation list was taken, by an operator or by the schedule. */
  'ftm-provider.revocation-list-taken': on({
    ftmProviderId: Uuid,
    name: Label,
    /** SHA-256 of the list. */
    sha256: Sha256,
    crlNumber: Type.String({ pattern: '^[0-9]{1,49}$' }),
    nextUpdate: Instant,
    revoked: Count,
    source: Type.Enum(['imported', 'fetched']),
  }),
  'import.confirmed': on({
    importId: Uuid,
    format: Type.Enum(['csv', 'factory-manifest']),
    fileSha256: Sha256,
    choice: Type.Enum(['all', 'valid']),
    approved: Count,
    leftOut: Count,
    /** How many of the approved rows had a warning. */
    warningsConfirmed: optional(Count),
    signerCertificateSha256: optional(Sha256),
  }),

  // Operators: who acted by id, whose account it is by its name too.
  'operator.created': on({ ...account, role: Type.Enum(ROLES) }),
  'operator.role-changed': on({
    ...account,
    role: Type.Enum(ROLES),
    from: optional(Type.Enum(ROLES)),
  }),
  'operator.disabled': on(account),
  'operator.enabled': on(account),
  /** They were given a link, or on the server’s host a one-time password, to choose a password by. */
  'operator.invited': on({
    ...account,
    by: Type.Enum(['link', 'one-time-password']),
    endsAt: Instant,
  }),
  'operator.invitation-accepted': on({ ...account, address: optional(Address) }),
  /** The password they had is no more, and their sessions have ended. */
  'operator.reset': on(account),
  'operator.password-changed': on({ operatorId: Uuid, address: optional(Address) }),
  'operator.signed-in': on({ sessionId: Uuid, address: optional(Address) }),
  'operator.signed-out': on({ sessionId: Uuid }),
  /** Ended by another session of the operator, by an administrator, or as one too many. */
  'operator.sessions-ended': on({
    ...account,
    sessions: Count,
    sessionId: optional(Uuid),
    because: Type.Enum(['ended', 'too-many']),
  }),
  /** Of one hour, at one account or at names that nobody has: a guesser must not fill the record. */
  'operator.sign-in-failed': on({
    operatorId: optional(Uuid),
    failures: Count,
    hour: optional(Instant),
    lastAddress: optional(Address),
  }),

  // Operations that two people decide. The effect follows in the record, in the name of the proposer.
  'proposal.made': on({
    ...proposal,
    kind: Type.Enum(TWO_PERSON_KINDS),
    devices: Count,
    expiresAt: Instant,
  }),
  'proposal.confirmed': on({
    ...proposal,
    proposedBy: Uuid,
    devices: Count,
    carryOutAt: Instant,
  }),
  /** One person acted alone, because nobody else could confirm. */
  'proposal.glass-broken': on({ ...proposal, devices: Count, reason: Reason }),
  /** In one transaction with the effect. */
  'proposal.carried-out': on({ ...proposal, proposedBy: Uuid, confirmedBy: Uuid }),
  'proposal.failed': on({ ...proposal, code: Code }),
  'proposal.reconsidered': on({ ...proposal, devices: Count }),
  'proposal.withdrawn': on(proposal),
  'proposal.declined': on({ ...proposal, proposedBy: Uuid }),
  'proposal.expired': on(proposal),
  'proposal.superseded': on({ ...proposal, by: Uuid }),
  'two-person-rules.changed': on({
    kinds: Type.Array(Type.Enum(TWO_PERSON_KINDS), { maxItems: TWO_PERSON_KINDS.length }),
    validHours: Count,
    delayMinutes: Count,
  }),

  // Where events are sent to.
  'webhook.created': on({ webhookId: Uuid, eventTypes: Count }),
  'webhook.disabled': on({ webhookId: Uuid, failures: Count }),
  'webhook.resumed': on({ webhookId: Uuid }),
  'webhook.deleted': on({ webhookId: Uuid }),

  // Keys and the HSM.
  'ceremony.key-created': on({
    purpose: Type.Enum(['provider-ca', 'management-root', 'command']),
    spkiSha256: Sha256,
    modulusBits: Count,
  }),
  'ceremony.completed': on({ transcriptSha256: Sha256 }),
  'hsm.connected': on({ tokenSerialNumber: Label, keys: Count }),
  /** What the operator’s configuration accepts of a token that cannot show the whole proof of a key. */
  'hsm.exception-accepted': on({
    tokenSerialNumber: Label,
    exception: Type.Enum(HSM_EXCEPTIONS),
  }),
  'hsm.lost': on({ code: Code }),
  'hsm.recovered': on({ awaySeconds: Count }),
  'server-clock.changed': on({
    state: Type.Enum(['trusted', 'assumed', 'untrusted']),
    source: Type.Enum(['chrony', 'kernel', 'none']),
    uncertaintyMs: optional(Count),
    /** How far the clock was moved, if it was. */
    lastStepMs: optional(Type.Integer()),
  }),
  /** The tripwire took something out of the server’s log; never what it was. At most one a minute and kind. */
  'server.leak-removed': on({ kind: Type.Enum(LEAK_KINDS), occurrences: Count }),
  /** Claims of devices that nobody approved, in the hour that begins then: how many were turned away for this reason. */
  'server.unknown-claims': on({ hour: Instant, code: Code, occurrences: Count }),
  'server.started': on({
    version: Version,
    mode: Type.Enum(['demo', 'development', 'production']),
  }),
} as const

export type EventType = keyof typeof EVENTS
export type EventData<T extends EventType> = Static<(typeof EVENTS)[T]['data']>

type SubjectOf<T extends EventType> = (typeof EVENTS)[T]['subject'] extends 'device'
  ? { readonly deviceId: string }
  : (typeof EVENTS)[T]['subject'] extends 'maybe-device'
    ? { readonly deviceId?: string }
    : { readonly deviceId?: never }

export type EventOf<T extends EventType> = {
  readonly type: T
  readonly actor: Actor
  readonly data: EventData<T>
} & SubjectOf<T>

/** What a slice hands over to be recorded. */
export type NewEvent = { [T in EventType]: EventOf<T> }[EventType]

/** What the record holds: the event, its place and its time. */
export type RecordedEvent = NewEvent & { readonly v: 1; readonly seq: number; readonly at: string }

// ── Who acted ──────────────────────────────────────────────────────────────────────────────────────

export const Actor = Type.Unsafe<
  'server' | 'command-line' | `operator:${string}` | `device:${string}`
>(
  Type.String({
    pattern: `^(?:server|command-line|(?:operator|device):${UUID_PATTERN})$`,
  }),
)
export type Actor = Static<typeof Actor>

export const operatorActor = (operatorId: string): Actor => `operator:${operatorId}`
export const deviceActor = (deviceId: string): Actor => `device:${deviceId}`

// ── Canonical bytes ────────────────────────────────────────────────────────────────────────────────

function isEventType(text: string): text is EventType {
  return Object.hasOwn(EVENTS, text)
}

// Compiled at first use: compiling evaluates text, which the portal’s content security policy forbids.
const compiled: { actor?: DataValidator; uuid?: DataValidator; instant?: DataValidator } = {}
const isActor = (value: unknown): boolean => (compiled.actor ??= Compile(Actor)).Check(value)
const isUuid = (value: unknown): boolean => (compiled.uuid ??= Compile(Uuid)).Check(value)
const isInstant = (value: unknown): boolean => (compiled.instant ??= Compile(Instant)).Check(value)

type DataValidator = { Check(value: unknown): boolean }
const validators = new Map<EventType, DataValidator>()

function validatorOf(type: EventType): DataValidator {
  const known = validators.get(type)
  if (known !== undefined) return known
  const made: DataValidator = Compile(EVENTS[type].data)
  validators.set(type, made)
  return made
}

/** Refuses what the catalogue does not know, so that nothing else is ever kept. @throws SanadError `server.internal` */
export function assertEvent(event: NewEvent): void {
  const { subject } = EVENTS[event.type]
  const isAboutDevice = event.deviceId !== undefined
  if (subject === 'device' && !isAboutDevice) throw notInCatalogue(event.type, 'no device')
  if (subject === 'none' && isAboutDevice) throw notInCatalogue(event.type, 'a device')
  if (isAboutDevice && !isUuid(event.deviceId)) throw notInCatalogue(event.type, 'device id')
  if (!isActor(event.actor)) throw notInCatalogue(event.type, 'actor')
  if (!validatorOf(event.type).Check(event.data)) throw notInCatalogue(event.type, 'data')
}

/** The canonical text of an event with two blanks: its time between the first two parts, its number after the second. */
export interface EventForm {
  readonly opening: string
  readonly middle: string
  readonly closing: string
}

/** What the record keeps of an event until it has a number. Members stand in canonical order: RFC 8785 §3.2.3. */
export function eventForm({ type, actor, deviceId, data }: NewEvent): EventForm {
  return {
    opening: `{${membersOf({ actor })},"at":"`,
    middle: `",${membersOf({ data, deviceId })},"seq":`,
    closing: `,${membersOf({ type, v: 1 })}}`,
  }
}

const membersOf = (members: { readonly [key: string]: CanonicalValue | undefined }): string =>
  canonicalText(members).slice(1, -1)

/** The bytes that are hashed and kept. */
export function canonicalEvent(event: NewEvent, seq: number, at: string): Uint8Array {
  if (!isInstant(at)) throw notInCatalogue(event.type, 'time')
  const { opening, middle, closing } = eventForm(event)
  return new TextEncoder().encode(`${opening}${at}${middle}${seq}${closing}`)
}

/** Reads recorded bytes back. @throws SanadError `server.internal` when they are not what was written */
export function parseRecordedEvent(bytes: Uint8Array): RecordedEvent {
  // The bytes come from our own append-only table; the check below proves shape and canonical form.
  const event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as RecordedEvent
  if (!isEventType(event.type)) throw notInCatalogue('?', 'type')
  assertEvent(event)
  return event
}

function notInCatalogue(type: string, what: string): SanadError {
  return new SanadError('server.internal', `event ${type}: ${what} is not of the catalogue`)
}
