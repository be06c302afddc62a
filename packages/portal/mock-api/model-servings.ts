import type { ModelView } from '@sanad/protocol/operator-api/models'
import { proposeForm } from '@sanad/protocol/domain/propose-form'
import { SanadError } from '@sanad/protocol/text/problems'
import { iso, uuidOf } from './fleet.ts'
import type { MockServings } from './servings.ts'
import type { World } from './world.ts'

/** @throws SanadError `model.not-found` */
function change(world: World, modelId: string, to: Partial<ModelView>): ModelView {
  const at = world.models.findIndex((each) => each.modelId === modelId)
  const model = world.models[at]
  if (model === undefined) throw new SanadError('model.not-found')
  const changed = { ...model, ...to }
  world.models.splice(at, 1, changed)
  return changed
}

export const MODEL_SERVINGS = {
  listModels: ({ world }) => ({ items: world.models }),
  createModel: ({ world, body }) => {
    const { make, model, ftmProviderId, l0Policy = null, serialNoForm = null, ...rest } = body
    if (world.models.some((each) => each.make === make && each.model === model))
      throw new SanadError('model.duplicate')
    const provider = world.ftmProviders.find((each) => each.ftmProviderId === ftmProviderId)
    const created: ModelView = {
      ...rest,
      modelId: uuidOf(`${make} ${model}`),
      make,
      model,
      ftmProvider:
        provider === undefined
          ? null
          : { ftmProviderId: provider.ftmProviderId, name: provider.name },
      l0Policy,
      serialNoForm,
      state: 'approved',
      createdAt: iso(Date.now()),
      retiredAt: null,
    }
    world.models.push(created)
    return created
  },
  retireModel: ({ world, params }) =>
    change(world, params.modelId, { state: 'retired', retiredAt: iso(Date.now()) }),
  proposeSerialNoForm: ({ world, params }) => {
    const of = world.fleet.filter(({ modelId }) => modelId === params.modelId)
    const { form, looked, fitting, others } = proposeForm(of.map(({ serialNo }) => serialNo))
    return { form: form ?? null, looked, fitting, others: [...others] }
  },
  setSerialNoForm: ({ world, params, body: { form } }) =>
    change(world, params.modelId, { serialNoForm: form }),
} satisfies MockServings
