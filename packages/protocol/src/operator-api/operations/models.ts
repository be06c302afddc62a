import { FtmProviderList, FtmProviderView, NewFtmProvider } from '../ftm-providers.ts'
import {
  FTM_LIST_TYPE,
  FtmRevocationView,
  LARGEST_FTM_LIST,
  OTHER_FTM_LIST_TYPES,
  SetFtmRevocation,
} from '../ftm-revocation.ts'
import {
  FormProposal,
  ModelList,
  ModelView,
  NewModel,
  ProposeFormQuery,
  RetireBody,
  SerialNoFormBody,
} from '../models.ts'
import { operation } from '../operation.ts'

/** Approved makes and models, and providers of foundational trust modules. */

const tag = 'models'
const ofModel = ['model.not-found'] as const
const ofProvider = ['ftm-provider.not-found'] as const

export const MODEL_OPERATIONS = {
  listModels: operation('GET /models', {
    access: 'model:read',
    tag,
    summary: 'List models',
    description: 'Every approved make and model, with the states of its devices.',
    answer: ModelList,
  }),
  createModel: operation('POST /models', {
    access: 'model:manage',
    tag,
    summary: 'Approve a model',
    description: 'Devices of the model can be approved from then on.',
    body: NewModel,
    answer: ModelView,
    status: 201,
    location: '/models/:modelId',
    problems: ['model.duplicate', 'ftm-provider.not-found', 'model.serial-no-form-refused'],
  }),
  readModel: operation('GET /models/:modelId', {
    access: 'model:read',
    tag,
    summary: 'Read a model',
    description: 'One model, with the states of its devices.',
    answer: ModelView,
    problems: ofModel,
  }),
  retireModel: operation('POST /models/:modelId/retire', {
    access: 'model:manage',
    tag,
    summary: 'Retire a model',
    description: 'No further device of the model registers; those that are registered stay so.',
    body: RetireBody,
    answer: ModelView,
    problems: [...ofModel, 'request.conflict'],
  }),
  setSerialNoForm: operation('POST /models/:modelId/serial-no-form', {
    access: 'model:manage',
    tag,
    summary: 'Set the form of a model’s serial numbers',
    description: 'A serial number of another form is doubted when a device is approved.',
    body: SerialNoFormBody,
    answer: ModelView,
    problems: [...ofModel, 'model.serial-no-form-refused'],
  }),
  proposeSerialNoForm: operation('GET /models/:modelId/serial-no-form/proposal', {
    access: 'model:read',
    tag,
    summary: 'Propose a form of a model’s serial numbers',
    description: 'A form that the serial numbers of its devices have, and those that do not fit.',
    query: ProposeFormQuery,
    answer: FormProposal,
    problems: [...ofModel, 'model.serial-no-form-refused'],
  }),

  listFtmProviders: operation('GET /ftm-providers', {
    access: 'ftm-provider:read',
    tag,
    summary: 'List FTM providers',
    description: 'Every provider whose chips count as genuine, with its root certificate.',
    answer: FtmProviderList,
  }),
  addFtmProvider: operation('POST /ftm-providers', {
    access: 'ftm-provider:manage',
    tag,
    summary: 'Add an FTM provider',
    description: 'Chips that chain to its certificate count as genuine from then on.',
    body: NewFtmProvider,
    answer: FtmProviderView,
    status: 201,
    problems: ['ftm-provider.duplicate', 'ftm-provider.certificate-invalid'],
    isForTwo: true,
  }),
  retireFtmProvider: operation('POST /ftm-providers/:ftmProviderId/retire', {
    access: 'ftm-provider:manage',
    tag,
    summary: 'Retire an FTM provider',
    description: 'Its chips no longer count as genuine.',
    body: RetireBody,
    answer: FtmProviderView,
    problems: [...ofProvider, 'request.conflict'],
    isForTwo: true,
  }),
  readFtmRevocation: operation('GET /ftm-providers/:ftmProviderId/revocation', {
    access: 'ftm-provider:read',
    tag,
    summary: 'Read how an FTM provider’s revocations are known',
    description: 'The policy, the address and the lists that are kept.',
    answer: FtmRevocationView,
    problems: ofProvider,
  }),
  setFtmRevocation: operation('POST /ftm-providers/:ftmProviderId/revocation', {
    access: 'ftm-provider:manage',
    tag,
    summary: 'Set how an FTM provider’s revocations are known',
    description: 'A list at a new address is fetched at once.',
    body: SetFtmRevocation,
    answer: FtmRevocationView,
    problems: [...ofProvider, 'ftm-revocation-list.url-refused'],
    isForTwo: true,
  }),
  importFtmRevocationList: operation('POST /ftm-providers/:ftmProviderId/revocation-lists', {
    access: 'ftm-provider:manage',
    tag,
    summary: 'Import a revocation list of an FTM provider',
    description: 'A complete list: DER, or PEM with the certificates of its issuer behind it.',
    body: {
      mediaTypes: [FTM_LIST_TYPE],
      alsoTaken: OTHER_FTM_LIST_TYPES,
      largest: LARGEST_FTM_LIST,
    },
    answer: FtmRevocationView,
    problems: [
      ...ofProvider,
      'ftm-revocation-list.malformed',
      'ftm-revocation-list.too-large',
      'ftm-revocation-list.delta',
      'ftm-revocation-list.indirect',
      'ftm-revocation-list.partial',
      'ftm-revocation-list.critical-extension',
      'ftm-revocation-list.issuer-unknown',
      'ftm-revocation-list.issuer-refused',
      'ftm-revocation-list.signature-invalid',
      'ftm-revocation-list.outside-dates',
      'ftm-revocation-list.rolled-back',
    ],
  }),
} as const
