import Type from 'typebox'
import { Uuid } from '../../text/fields.ts'
import { BulkActView } from '../bulk-acts.ts'
import {
  GroupAssigned,
  GroupAssignment,
  GroupChange,
  GroupDetail,
  GroupList,
  GroupView,
  NewGroup,
} from '../groups.ts'
import { operation } from '../operation.ts'

/** Groups of devices, and their markets. */

const tag = 'groups'
const access = 'group:manage'
const problems = ['group.not-found'] as const
/** Of a group that is filled in the background. */
const fillProblems = [
  ...problems,
  'bulk-act.too-many-devices',
  'bulk-act.too-many-waiting',
  'request.conflict',
] as const

export const GROUP_OPERATIONS = {
  listGroups: operation('GET /groups', {
    access: 'group:read',
    tag,
    summary: 'List groups',
    description: 'Every group, with its market and the number of its devices.',
    answer: GroupList,
  }),
  createGroup: operation('POST /groups', {
    access,
    tag,
    summary: 'Create a group',
    description: 'Country and environment of its market come together, or not at all.',
    body: NewGroup,
    answer: GroupView,
    status: 201,
    location: '/groups/:groupId',
    problems: ['group.duplicate'],
  }),
  readGroup: operation('GET /groups/:groupId', {
    access: 'group:read',
    tag,
    summary: 'Read a group',
    description: 'One group, with the states of its devices and its policy.',
    answer: GroupDetail,
    problems,
  }),
  changeGroup: operation('POST /groups/:groupId', {
    access,
    tag,
    summary: 'Change a group',
    description: 'What is left out stays. A market of null takes the group out of its market.',
    body: GroupChange,
    answer: GroupDetail,
    problems: [...problems, 'group.duplicate'],
  }),
  deleteGroup: operation('DELETE /groups/:groupId', {
    access,
    tag,
    summary: 'Delete a group',
    description: 'Only a group without devices, that no policy and no import names.',
    problems: [...problems, 'group.in-use'],
  }),
  assignToGroup: operation('POST /groups/:groupId/devices', {
    access,
    tag,
    summary: 'Put devices into a group',
    description:
      'Named devices are moved at once; those that a filter finds are moved in the background. The group `none` takes devices out of theirs.',
    params: { groupId: Type.Union([Uuid, Type.Literal('none')]) },
    body: GroupAssignment,
    answer: GroupAssigned,
    also: { status: 202, answer: BulkActView, when: 'A filter was given: the act to follow.' },
    problems: [...fillProblems, 'device.not-found'],
  }),
  fillGroup: operation('POST /groups/:groupId/fill/:bulkActId', {
    access,
    tag,
    summary: 'Put the devices of a file into a group',
    description:
      'A file of serial numbers, one a line. The id of the act is the sender’s choice, so that it can be sent again if it broke.',
    body: { mediaTypes: ['text/csv'] },
    answer: BulkActView,
    status: 202,
    problems: [...fillProblems, 'group.file-not-readable', 'bulk-act.state-refused'],
  }),
} as const
