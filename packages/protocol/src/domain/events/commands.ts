import Type from 'typebox'
import { Count, Instant, Sha256, Uuid } from '../../text/fields.ts'
import { Code, Reason, on, onDevice, optional } from './row.ts'
import { LEAK_KINDS } from '../leak-tripwire.ts'

/** Commands, and acts on many devices: campaigns and bulk acts. */

/** By name: the catalogue of types is another file’s, and reads this one. */
const command = { commandId: Uuid, commandType: Code }

export const COMMAND_EVENTS = {
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

  // Campaigns.
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

  // Bulk acts.
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
} as const
