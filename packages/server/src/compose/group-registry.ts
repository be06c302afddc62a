import { countConnectedOf } from '../channel/connected-devices.ts'
import { GroupRegistry, type GroupRegistryOptions } from '../groups/group-registry.ts'
import { hasStagedRows } from '../imports/rows-of-group.ts'
import { hasPolicy, readPolicyOfGroup } from '../policies/policy-of-group.ts'

/** The groups, with what policies, imports and channels know of one. */
export const makeGroupRegistry = (
  options: Omit<GroupRegistryOptions, 'neighbours'>,
): GroupRegistry => {
  const { database } = options
  return new GroupRegistry({
    ...options,
    neighbours: {
      countConnected: (groupId) => countConnectedOf(database, groupId),
      readPolicy: (groupId) => readPolicyOfGroup(database, groupId),
      isInUse: async (tx, groupId) =>
        (await hasPolicy(tx, groupId)) || (await hasStagedRows(tx, groupId)),
    },
  })
}
