import { DEFAULT_REVOCATION_POLICY } from '@sanad/protocol/operator-api/ftm-revocation'
import type { RequestBody } from '@sanad/protocol/wire/messages'
import { findDevicesOfChips, isEnrolmentSecretRight } from '../devices/approved-device.ts'
import { type ApprovedDevice, findApprovedDevices } from './approved-devices.ts'
import { type NewKey, digestOf } from '../certificates/new-key.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { type ApprovalKind, type ApprovedKey, findApprovals } from './approvals.ts'
import { useChallenges } from './challenges.ts'
import type { Claim } from './claim.ts'
import { decide } from './decide.ts'
import type { Decision, Evidence, Registry } from './facts.ts'
import {
  checkCertificates,
  checkFtmKeys,
  checkFtmPath,
  chipPathOf,
  ftmCertificateOf,
  possessionOf,
  strengthOf,
} from './evidence.ts'
import { type Policies, settingsFor } from './policy-of-device.ts'
import { type KeyUse, findKeyUses } from './key-use.ts'
import { type Recovery, findRecoveries } from './recoveries.ts'
import { type ChipPath, type ChipStanding, findStandings } from '../revocation/ftm/chip-standing.ts'

/** A claim to be registered, with what can be seen without the registry. */
export interface Submission {
  readonly claim: Claim
  readonly body: RequestBody<'registration'>
  readonly key: NewKey
  readonly remoteAddress: string
}

/** All that was found out about a claim, in the transaction that holds the device's row. */
export interface Case extends Submission {
  readonly approved: ApprovedDevice | undefined
  readonly evidence: Evidence
  readonly keyUse: KeyUse
  readonly recovery: Recovery
  /** Only of a chip whose path to its FTM provider holds. */
  readonly chipPath: ChipPath | undefined
  readonly decision: Decision
}

interface AskedKey {
  readonly device: ApprovedDevice | undefined
  readonly spkiSha256: string | undefined
}

/** What an operator would be asked: see `approvals.ts`. */
const kindOf = ({ body }: Submission): ApprovalKind =>
  body.recovers === undefined ? 'registration' : 'recovery'

interface OnRecord {
  readonly approved: ApprovedDevice | undefined
  readonly challenge: Evidence['challenge']
  readonly keyUse: KeyUse
  readonly ownerOfChip: string | undefined
  readonly approval: Registry['approval']
  readonly recovery: Recovery
  readonly recoveryPolicy: Registry['recoveryPolicy']
}

/**
 * In the order of the submissions. The devices' rows are locked first, and in one order: until the end of the
 * transaction nothing that is found here changes.
 */
export async function gatherCases(
  tx: DatabaseTransaction,
  policies: Policies,
  submissions: readonly Submission[],
  now: number,
): Promise<readonly Case[]> {
  const cases: Case[] = []
  const lookedUp = await lookUp(tx, policies, submissions, now)
  const chips = lookedUp.map(([{ claim }, { approved }]): ChipEvidence => {
    const ftmPath = checkFtmPath(claim, approved, now)
    return { ftmPath, chipPath: chipPathOf(claim, approved, ftmPath) }
  })
  const standings = await findStandings(
    tx,
    chips.map(({ chipPath }) => chipPath),
    now,
  )
  for (const [index, [submission, onRecord]] of lookedUp.entries()) {
    const chip = { ...(chips[index] ?? NO_CHIP), standing: standings[index] }
    const evidence = await describeEvidenceOf(tx, policies, submission, onRecord, chip)
    const decision = decide(evidence, describeRegistry(onRecord, evidence, chip.standing))
    const { approved, keyUse, recovery } = onRecord
    const { chipPath } = chip
    cases.push({ ...submission, approved, evidence, keyUse, recovery, chipPath, decision })
  }
  return cases
}

interface ChipEvidence {
  readonly ftmPath: Evidence['ftmPath']
  readonly chipPath: ChipPath | undefined
  readonly standing?: ChipStanding | undefined
}

const NO_CHIP: ChipEvidence = { ftmPath: 'not-applicable', chipPath: undefined }

/** One statement for each question, whatever the number of claims. */
async function lookUp(
  tx: DatabaseTransaction,
  policies: Policies,
  submissions: readonly Submission[],
  now: number,
): Promise<readonly (readonly [Submission, OnRecord])[]> {
  const digitalIds = submissions.map(({ claim }) => claim.digitalId)
  const devices = await findApprovedDevices(tx, digitalIds)
  const challenges = await useChallenges(tx, submissions, now)
  const keys = submissions.map(({ key }, index): AskedKey => ({
    device: devices[index],
    spkiSha256: digestOf(key),
  }))
  const keyUses = await findKeyUses(tx, keys)
  const chips = submissions.map(({ claim }) => ftmCertificateOf(claim))
  const owners = await findDevicesOfChips(
    tx,
    chips.flatMap((chip) => chip ?? []),
  )
  const approvals = await findApprovals(
    tx,
    submissions.map((submission, index) => approvableKey(submission, devices[index])),
  )
  const settings = devices.map((device) => device && settingsFor(policies, device))
  const recoveries = await findRecoveries(
    tx,
    submissions.map(({ body: { recovers } }, index) => ({
      device: devices[index],
      recovers,
      graceDays: settings[index]?.graceDays ?? 0,
    })),
    now,
  )
  return submissions.map((submission, index) => {
    const onRecord: OnRecord = {
      approved: devices[index],
      challenge: challenges[index] ?? 'unknown',
      keyUse: keyUses[index] ?? { use: 'never' },
      ownerOfChip: owners.get(chips[index] ?? ''),
      approval: approvals[index] ?? 'none',
      recovery: recoveries[index] ?? { standing: 'of-another' },
      recoveryPolicy: settings[index]?.recovery ?? 'refused',
    }
    return [submission, onRecord]
  })
}

/** No person is asked about the first key of a device that its chip vouches for. */
function approvableKey(submission: Submission, device: ApprovedDevice | undefined): ApprovedKey {
  const kind = kindOf(submission)
  const isVouchedFor = device?.model.level === 'L1' && kind === 'registration'
  const spkiSha256 = digestOf(submission.key)
  return { device: isVouchedFor ? undefined : device, spkiSha256, kind }
}

async function describeEvidenceOf(
  tx: DatabaseTransaction,
  policies: Policies,
  { claim, body, key }: Submission,
  { approved, challenge }: OnRecord,
  { ftmPath, standing }: ChipEvidence,
): Promise<Evidence> {
  return {
    digitalId: claim.digitalId,
    claimedLevel: body.level,
    signer: claim.signer,
    certificates: checkCertificates(claim),
    ftmPath,
    ftmKeys: checkFtmKeys(claim, approved, ftmPath),
    ftmRevocation: standing?.standing ?? 'not-applicable',
    ftmCertificateSha256: ftmCertificateOf(claim),
    challenge,
    possession: possessionOf(claim, key),
    key: strengthOf(key, approved ? settingsFor(policies, approved).minimumKeyBits : 0),
    enrolmentSecret: await checkEnrolmentSecret(tx, approved, body.enrolmentSecret),
  }
}

async function checkEnrolmentSecret(
  tx: DatabaseTransaction,
  approved: ApprovedDevice | undefined,
  secret: string | undefined,
): Promise<Evidence['enrolmentSecret']> {
  if (secret === undefined) return 'missing'
  if (approved === undefined) return 'wrong'
  return (await isEnrolmentSecretRight(tx, approved.deviceId, secret)) ? 'right' : 'wrong'
}

function describeRegistry(
  { approved, keyUse, ownerOfChip, approval, recovery, recoveryPolicy }: OnRecord,
  { ftmCertificateSha256: chip }: Evidence,
  standing: ChipStanding | undefined,
): Registry {
  const revocationPolicy = standing?.revocationPolicy ?? DEFAULT_REVOCATION_POLICY
  if (approved === undefined)
    return {
      model: undefined,
      device: undefined,
      keyUse: keyUse.use,
      isChipOfAnotherDevice: false,
      approval: 'none',
      recovery: recovery.standing,
      recoveryPolicy,
      revocationPolicy,
    }
  const { deviceId, state, identity, ftmCertificateSha256 } = approved
  return {
    model: approved.model,
    device: { state, approved: identity, ftmCertificateSha256 },
    keyUse: keyUse.use,
    isChipOfAnotherDevice:
      chip !== undefined && ownerOfChip !== undefined && ownerOfChip !== deviceId,
    approval,
    recovery: recovery.standing,
    recoveryPolicy,
    revocationPolicy,
  }
}
