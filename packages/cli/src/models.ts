import { UsageError } from '@sanad/command-line/program'
import type { FormProposal, ModelView } from '@sanad/protocol/operator-api/models'
import { print, table } from './terminal.ts'
import { type Said, type Verb, need, text } from './verb.ts'

/** Models, and the form of their serial numbers. */

const listOf = async ({ connection }: Said): Promise<readonly ModelView[]> =>
  (await connection.call('listModels')).items

async function listModels(said: Said): Promise<void> {
  const models = await listOf(said)
  print(said.terminal, models, () =>
    table(
      ['MODEL', 'LEVEL', 'STATE', 'SERIAL NUMBERS'],
      models.map(({ make, model, level, state, serialNoForm }) => [
        `${make} ${model}`,
        level,
        state,
        serialNoForm ?? '–',
      ]),
    ),
  )
}

/** By its id, its name, or make and name. @throws UsageError */
async function findModel(said: Said): Promise<ModelView> {
  const name = need(said, 0, 'a model')
  const models = await listOf(said)
  const found = models.filter(({ modelId, make, model }) =>
    [modelId, model, `${make} ${model}`].includes(name),
  )
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  const known = models.map(({ make, model }) => `“${make} ${model}”`).join(', ')
  throw new UsageError(`No single model matches “${name}”; known: ${known}`)
}

async function formOfModel(said: Said): Promise<void> {
  const { connection, terminal, options } = said
  const { modelId, make, model } = await findModel(said)
  const set = text(said, 'set')
  const params = { modelId }
  if (set !== undefined || options['none'] === true)
    await connection.call('setSerialNoForm', { params, body: { form: set ?? null } })
  const proposal = await connection.call('proposeSerialNoForm', { params, query: { form: set } })
  print(terminal, proposal, () => describeProposal(`${make} ${model}`, proposal, set !== undefined))
}

function describeProposal(
  name: string,
  { form, looked, fitting, others }: FormProposal,
  isSet: boolean,
): string {
  if (form === null) return `${name}: the ${looked} approved serial numbers show no form.`
  return [
    `${name}: ${form} is ${isSet ? 'the form' : 'proposed'}; ${fitting} of the ${looked} approved devices looked at have it.`,
    ...others.map((serialNo) => `  does not fit: ${serialNo}`),
    ...(isSet ? [] : [`Set it: sanad models form "${name}" --set '${form}'`]),
  ].join('\n')
}

export const MODEL_VERBS: readonly Verb[] = [
  {
    name: 'models list',
    usage: '',
    summary: 'all models, with the form of their serial numbers',
    run: listModels,
  },
  {
    name: 'models form',
    usage: '<model> [--set <form> | --none]',
    summary: 'propose the form of a model’s serial numbers from those approved, or set it',
    options: { set: { type: 'string' }, none: { type: 'boolean' } },
    run: formOfModel,
  },
]
