import type { CampaignPreview, CampaignPreviewBody } from '@sanad/protocol/operator-api/campaigns'
import { sql } from 'kysely'
import type { CampaignsToRead } from './campaign-view.ts'
import { conditionOfTargets } from './gather-devices.ts'

/** Whom a campaign would be for, before it begins. */

const SAMPLE = 10

export async function previewCampaign(
  { database, kinds }: CampaignsToRead,
  { kind = 'command', ...targets }: CampaignPreviewBody,
  now: number,
): Promise<CampaignPreview> {
  const { canBeTold, isExpected } = kinds[kind]
  const matching = await conditionOfTargets(database, targets, now)
  const { rows: models } = await sql<{
    make: string
    model: string
    devices: number
    leftOut: number
  }>`
    select m.make, m.model, counted.devices, counted.left_out as "leftOut" from (
      select d.model_id, count(*) filter (where ${isExpected}) as devices,
        count(*) filter (where not ${isExpected}) as left_out
      from device d where ${matching} group by d.model_id
    ) counted join device_model m using (model_id)
    order by counted.devices desc, m.make, m.model`.execute(database)
  const { rows: sample } = await sql<{ deviceId: string; serialNo: string }>`
    select d.device_id as "deviceId", d.serial_no as "serialNo" from device d
    where ${matching} and ${canBeTold} limit ${SAMPLE}`.execute(database)
  const sum = (read: (row: (typeof models)[number]) => number) =>
    models.reduce((total, row) => total + read(row), 0)
  return {
    devices: sum(({ devices }) => devices),
    leftOut: sum(({ leftOut }) => leftOut),
    models: models
      .filter(({ devices }) => devices > 0)
      .map(({ make, model, devices }) => ({ make, model, devices })),
    sample,
  }
}
