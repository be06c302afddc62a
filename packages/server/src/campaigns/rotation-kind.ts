import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { HAS_KEY } from '../rotation/add-to-order.ts'
import { listRotationsInState, readRotationsOf } from '../rotation/campaign-rotation-list.ts'
import {
  countRotations,
  isAnyRotationOpen,
  openCampaignOrder,
  tellToRotate,
} from '../rotation/campaign-orders.ts'
import { cancelOrder } from '../rotation/cancel-order.ts'
import type { SigningPace } from '../rotation/signing-pace.ts'
import type { CampaignKind, CampaignToTell } from './campaign-kind.ts'

/**
 * An order to rotate the key of each device. What the HSM signs bounds the rate, and a device is woken when it is told.
 *
 * While the campaign is paused no further device is told; those that were told rotate in their windows, which are
 * minutes long.
 */
export const rotationKind = (pace: Pick<SigningPace, 'forRotations'>): CampaignKind => ({
  canBeTold: HAS_KEY,
  // A registered device without a key is rare; to look each up in a million takes more than a second.
  isExpected: sql<boolean>`d.state = 'registered'`,
  mostPerMinute: () => Math.max(1, pace.forRotations * 60),
  check({ rotation, maintenanceWindow }, isContinuing) {
    if (rotation === undefined) throw new SanadError('request.malformed', 'body/rotation')
    if (maintenanceWindow !== null)
      throw new SanadError('request.malformed', 'body/maintenanceWindow: a rotation has none')
    // A device that rotated matches again.
    if (isContinuing)
      throw new SanadError('request.malformed', 'body/isContinuing: a rotation is for all at once')
  },
  async open(tx, campaign, devices, now) {
    return [await openCampaignOrder(tx, orderOf(campaign), devices, now)]
  },
  async tell(tx, campaign, deviceIds, now) {
    const { phase } = campaign
    const told = { deviceIds, phase }
    const perSecond = pace.forRotations
    return { told: await tellToRotate(tx, orderOf(campaign), told, perSecond, now), events: [] }
  },
  countOutcomes: countRotations,
  readTold: readRotationsOf,
  listTold: listRotationsInState,
  isAnyOpen: isAnyRotationOpen,
  hold: leaveAlone,
  release: leaveAlone,
  async cancel(tx, campaignId, now) {
    await cancelOrder(tx, campaignId, new Date(now))
  },
  forget: leaveAlone,
})

/** A told device is not called back. */
const leaveAlone = (): Promise<void> => Promise.resolve()

function orderOf({ campaignId, terms, createdBy }: CampaignToTell) {
  const { rotation, lifeSeconds } = terms
  if (rotation === undefined) throw new SanadError('request.malformed', 'body/rotation')
  return { orderId: campaignId, reason: rotation.reason, lifeSeconds, orderedBy: createdBy }
}
