import { createRoute } from '@tanstack/react-router'
import { DEVICE_SEARCH } from '../devices/device-search.ts'
import { IMPORT_SEARCH } from '../imports/import-search.ts'
import { MODEL_SEARCH } from '../models/model-search.ts'
import { pageChunk } from '../pages/chunk-view.tsx'
import { ofUuid } from '../pages/of-uuid.tsx'
import { CURSOR_PARTS } from '../pages/search-schema.ts'
import { searchOfPage } from '../pages/wrong-search.ts'
import { signedIn } from './entrance.tsx'

const devices = createRoute({
  getParentRoute: () => signedIn,
  path: '/devices',
  validateSearch: searchOfPage('/devices', DEVICE_SEARCH),
  component: pageChunk(() =>
    import('../devices/devices-page.tsx').then(({ DevicesPage }) => DevicesPage),
  ),
})

const device = createRoute({
  getParentRoute: () => signedIn,
  path: '/devices/$deviceId',
  validateSearch: searchOfPage('/devices/$deviceId', {}),
  component: ofUuid(
    'deviceId',
    pageChunk(() => import('../device/device-page.tsx').then(({ DevicePage }) => DevicePage)),
  ),
})

const groups = createRoute({
  getParentRoute: () => signedIn,
  path: '/groups',
  validateSearch: searchOfPage('/groups', {}),
  component: pageChunk(() =>
    import('../groups/groups-page.tsx').then(({ GroupsPage }) => GroupsPage),
  ),
})

const group = createRoute({
  getParentRoute: () => signedIn,
  path: '/groups/$groupId',
  validateSearch: searchOfPage('/groups/$groupId', {}),
  component: ofUuid(
    'groupId',
    pageChunk(() => import('../groups/group-page.tsx').then(({ GroupPage }) => GroupPage)),
  ),
})

const models = createRoute({
  getParentRoute: () => signedIn,
  path: '/models',
  validateSearch: searchOfPage('/models', MODEL_SEARCH),
  component: pageChunk(() =>
    import('../models/models-page.tsx').then(({ ModelsPage }) => ModelsPage),
  ),
})

const imports = createRoute({
  getParentRoute: () => signedIn,
  path: '/imports',
  validateSearch: searchOfPage('/imports', CURSOR_PARTS),
  component: pageChunk(() =>
    import('../imports/imports-page.tsx').then(({ ImportsPage }) => ImportsPage),
  ),
})

const oneImport = createRoute({
  getParentRoute: () => signedIn,
  path: '/imports/$importId',
  validateSearch: searchOfPage('/imports/$importId', IMPORT_SEARCH),
  component: ofUuid(
    'importId',
    pageChunk(() => import('../imports/import-page.tsx').then(({ ImportPage }) => ImportPage)),
  ),
})

const bulkActs = createRoute({
  getParentRoute: () => signedIn,
  path: '/bulk-acts',
  validateSearch: searchOfPage('/bulk-acts', CURSOR_PARTS),
  component: pageChunk(() =>
    import('../bulk/bulk-acts-page.tsx').then(({ BulkActsPage }) => BulkActsPage),
  ),
})

const bulkAct = createRoute({
  getParentRoute: () => signedIn,
  path: '/bulk-acts/$bulkActId',
  validateSearch: searchOfPage('/bulk-acts/$bulkActId', CURSOR_PARTS),
  component: ofUuid(
    'bulkActId',
    pageChunk(() => import('../bulk/bulk-act-page.tsx').then(({ BulkActPage }) => BulkActPage)),
  ),
})

/** The device list, one device, and what devices are gathered by. */
export const fleetRoutes = [
  devices,
  device,
  groups,
  group,
  models,
  imports,
  oneImport,
  bulkActs,
  bulkAct,
] as const
