import { type RawBuilder, sql } from 'kysely'
import {
  JOIN_POLICY_OF_DEVICE,
  POLICY_OF_DEVICE,
  rulesOfPolicies,
} from '../../policies/policies-in-force.ts'

/** Registered devices `d` with the rules `r` that they follow and their presence `s`. */
export const REGISTERED_DEVICES: RawBuilder<unknown> = sql`
  device d
  ${JOIN_POLICY_OF_DEVICE}
  join (${rulesOfPolicies()}) r on r.policy_id = ${POLICY_OF_DEVICE}
  left join device_presence s on s.device_id = d.device_id`

/** Of them, with the certificate `c` in use, whatever its end. */
export const DEVICES_AND_CERTIFICATES: RawBuilder<unknown> = sql`
  ${REGISTERED_DEVICES}
  join device_certificate c on c.device_id = d.device_id and c.status = 'active'`
