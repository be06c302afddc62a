import type { SigningPace } from '../rotation/signing-pace.ts'
import type { CampaignKinds } from './campaign-kind.ts'
import { commandKind } from './command-kind.ts'
import { rotationKind } from './rotation-kind.ts'

/** Every kind of campaign that there is: another one is a file beside these, and a line here. */
export const campaignKinds = (pace: Pick<SigningPace, 'forRotations'>): CampaignKinds => ({
  command: commandKind,
  rotation: rotationKind(pace),
})
