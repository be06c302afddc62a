import Type, { type Static } from 'typebox'
import { DeviceFilter } from './devices.ts'
import { StateCounts } from './models.ts'
import {
  Count,
  Country,
  Environment,
  Instant,
  Label,
  Uuid,
  closed,
  nullable,
} from '../text/fields.ts'

/**
 * A group of devices: a programme, a region, a centre. A group may name the country and environment whose
 * provider certificate its devices are certified under.
 */

export const GroupView = Type.Object(
  {
    groupId: Uuid,
    name: Label,
    country: nullable(Country),
    environment: nullable(Environment),
    devices: Count,
    createdAt: Instant,
  },
  closed,
)
export type GroupView = Static<typeof GroupView>

export const GroupList = Type.Object({ items: Type.Array(GroupView) }, closed)
export type GroupList = Static<typeof GroupList>

/** Country and environment come together or not at all. */
export const NewGroup = Type.Object(
  {
    name: Label,
    country: Type.Optional(Country),
    environment: Type.Optional(Environment),
  },
  closed,
)
export type NewGroup = Static<typeof NewGroup>

/** What is left out stays; a market of null takes the group out of its market. */
export const GroupChange = Type.Object(
  {
    name: Type.Optional(Label),
    market: Type.Optional(
      nullable(Type.Object({ country: Country, environment: Environment }, closed)),
    ),
  },
  closed,
)
export type GroupChange = Static<typeof GroupChange>

export const GroupDetail = Type.Object(
  {
    ...GroupView.properties,
    states: StateCounts,
    /** Of its devices, those that hold a live channel now. */
    connected: Count,
    /** The policy given to the group; null where each device follows that of its model or the fleet. */
    policy: nullable(Type.Object({ policyId: Uuid, name: Label, version: Count }, closed)),
  },
  closed,
)
export type GroupDetail = Static<typeof GroupDetail>

export const GroupAssignment = Type.Union([
  Type.Object({ deviceIds: Type.Array(Uuid, { minItems: 1, maxItems: 1000 }) }, closed),
  Type.Object(
    {
      filter: DeviceFilter,
      /** Found devices may be the whole fleet: an act on many, under an id of the sender’s choice. */
      bulkActId: Type.Optional(Uuid),
    },
    closed,
  ),
])
export type GroupAssignment = Static<typeof GroupAssignment>

export const GroupAssigned = Type.Object({ devices: Count }, closed)
export type GroupAssigned = Static<typeof GroupAssigned>
