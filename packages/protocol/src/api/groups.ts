import Type, { type Static } from 'typebox'
import { DeviceFilter } from './devices.ts'
import { Count, Country, Environment, Instant, Label, Uuid, closed } from './fields.ts'

/**
 * A group of devices: a programme, a region, a centre. A group may name the country and environment whose
 * provider certificate its devices are certified under.
 */

const nullable = <const S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])

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

/** `none` takes devices out of their group. */
export const GroupIdParams = Type.Object(
  { groupId: Type.Union([Uuid, Type.Literal('none')]) },
  closed,
)

export const GroupAssignment = Type.Union([
  Type.Object({ deviceIds: Type.Array(Uuid, { minItems: 1, maxItems: 1000 }) }, closed),
  Type.Object({ filter: DeviceFilter }, closed),
])
export type GroupAssignment = Static<typeof GroupAssignment>

export const GroupAssigned = Type.Object({ devices: Count }, closed)
export type GroupAssigned = Static<typeof GroupAssigned>
