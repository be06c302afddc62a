import Type, { type Static } from 'typebox'
import { L0_POLICIES } from '../domain/device-proof.ts'
import { DEVICE_SUB_TYPES, DEVICE_TYPES, type DeviceType, LEVELS } from '../domain/device-kinds.ts'
import { REASONS } from '../domain/reasons.ts'
import {
  Count,
  DeviceProviderId,
  DeviceProviderName,
  Instant,
  Make,
  Model,
  SerialNo,
  SerialNoForm,
  Uuid,
  closed,
} from '../text/fields.ts'

export const MODEL_STATES = ['approved', 'retired'] as const
export type ModelState = (typeof MODEL_STATES)[number]

/** MF §3: which sub-types a type may have. */
export function isSubTypeOf(type: DeviceType, subType: string): boolean {
  const subTypes: readonly string[] = DEVICE_SUB_TYPES[type]
  return subTypes.includes(subType)
}

const identity = {
  make: Make,
  model: Model,
  deviceType: Type.Enum(DEVICE_TYPES),
  deviceSubType: Type.Enum([...new Set(Object.values(DEVICE_SUB_TYPES).flat())]),
  deviceProvider: DeviceProviderName,
  deviceProviderId: DeviceProviderId,
}

/** L1 names the FTM provider whose chips it carries; L0 names how a device proves itself instead. */
export const NewModel = Type.Object(
  {
    ...identity,
    level: Type.Enum(LEVELS),
    ftmProviderId: Type.Optional(Uuid),
    l0Policy: Type.Optional(Type.Enum(L0_POLICIES)),
    serialNoForm: Type.Optional(SerialNoForm),
  },
  closed,
)
export type NewModel = Static<typeof NewModel>

export const ModelView = Type.Object(
  {
    modelId: Uuid,
    ...identity,
    level: Type.Enum(LEVELS),
    ftmProvider: Type.Union([
      Type.Object({ ftmProviderId: Uuid, name: Type.String() }, closed),
      Type.Null(),
    ]),
    l0Policy: Type.Union([Type.Enum(L0_POLICIES), Type.Null()]),
    /** Of the serial numbers that are approved from now on; null: what is printed on devices in general. */
    serialNoForm: Type.Union([SerialNoForm, Type.Null()]),
    state: Type.Enum(MODEL_STATES),
    createdAt: Instant,
    retiredAt: Type.Union([Instant, Type.Null()]),
  },
  closed,
)
export type ModelView = Static<typeof ModelView>

export const ModelList = Type.Object({ items: Type.Array(ModelView) }, closed)

export const SerialNoFormBody = Type.Object(
  { form: Type.Union([SerialNoForm, Type.Null()]) },
  closed,
)
export type SerialNoFormBody = Static<typeof SerialNoFormBody>

/** With a form: how it fits what is approved. Without: a form is proposed. */
export const ProposeFormQuery = Type.Object({ form: Type.Optional(SerialNoForm) }, closed)
export type ProposeFormQuery = Static<typeof ProposeFormQuery>

export const FormProposal = Type.Object(
  {
    /** Null where the approved serial numbers show none. */
    form: Type.Union([SerialNoForm, Type.Null()]),
    /** How many approved devices were looked at: the latest, up to 10,000. */
    looked: Count,
    fitting: Count,
    /** Some of those that do not fit. */
    others: Type.Array(SerialNo),
  },
  closed,
)
export type FormProposal = Static<typeof FormProposal>

export const RetireBody = Type.Object({ reason: Type.Enum(REASONS) }, closed)
export type RetireBody = Static<typeof RetireBody>

/** How many devices of a model there are, by state. */
export const StateCounts = Type.Object(
  {
    approved: Count,
    registered: Count,
    suspended: Count,
    deregistered: Count,
    blocked: Count,
  },
  closed,
)
export type StateCounts = Static<typeof StateCounts>
