import type { GroupList } from '@sanad/protocol/operator-api/groups'
import type { ModelList } from '@sanad/protocol/operator-api/models'
import type { PolicyView } from '@sanad/protocol/operator-api/policies'
import type { Proposed } from '@sanad/protocol/operator-api/proposals'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Static } from 'typebox'
import { readAgain, stale } from '../api/call.ts'
import { modelsQuery } from '../models/model-queries.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { IconButton } from '../ui/icon-button.tsx'
import { tell } from '../ui/notices.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'
import { WaitsForSecond, isProposed } from '../ui/waits-for-second.tsx'
import { assignPolicy, groupsQuery, unassignPolicy } from './policy-queries.ts'

/** Whom the policy is given to; the narrowest counts: device, then group, then model, then fleet. */
export function PolicyAssignments({ policy }: { policy: PolicyView }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusal = usePermissionRefusal('policy:manage')
  const [target, setTarget] = useState<string>()
  const [proposed, setProposed] = useState<Proposed>()
  const done = async (answer: PolicyView | Proposed) => {
    if (isProposed(answer)) {
      setProposed(answer)
      return readAgain(client, [['proposals']])
    }
    tell(t('policies.given.done'))
    setTarget(undefined)
    return readAgain(client, stale('listPolicies', 'readPolicy'))
  }
  const assign = useMutation({
    mutationFn: (chosen: string) => assignPolicy(policy.policyId, readTarget(chosen)),
    onSuccess: done,
  })
  const unassign = useMutation({
    mutationFn: (assignment: PolicyView['assignments'][number]) =>
      unassignPolicy(policy.policyId, assignment),
    onSuccess: done,
  })
  const models = useQuery(modelsQuery)
  const groups = useQuery(groupsQuery)
  const choices = useChoices(models.data, groups.data)
  return (
    <Panel title={t('policies.given.title')} note={t('policies.given.note')} flush>
      <ul className="divide-y divide-line text-13">
        {policy.assignments.map((assignment) => (
          <li
            key={`${assignment.scope}-${assignment.targetId ?? 'all'}`}
            className="flex min-h-10 items-center gap-2 px-4"
          >
            <span className="min-w-0 flex-1 truncate">
              {assignment.name ?? t(`policies.scope.${assignment.scope}`)}
              {assignment.name !== null && (
                <span className="text-muted"> · {t(`policies.scope.${assignment.scope}`)}</span>
              )}
            </span>
            {/* The fleet always has a policy: give it another one instead. */}
            {assignment.scope !== 'fleet' && refusal === undefined && (
              <IconButton
                label={t('policies.given.take')}
                icon={<X aria-hidden="true" className="size-4" />}
                onClick={() => unassign.mutate(assignment)}
              />
            )}
          </li>
        ))}
      </ul>
      <div className="flex flex-col gap-3 border-t border-line p-4">
        {proposed !== undefined && (
          <WaitsForSecond proposed={proposed} onClose={() => setProposed(undefined)} />
        )}
        <div className="flex gap-2">
          <Select
            aria-label={t('policies.given.to')}
            placeholder={t('policies.given.to')}
            className="min-w-0 flex-1"
            value={target}
            onChange={setTarget}
            choices={choices}
          />
          <Button
            className="h-9"
            refusal={refusal ?? (target === undefined ? t('policies.given.choose') : undefined)}
            busy={assign.isPending}
            onClick={() => target !== undefined && assign.mutate(target)}
          >
            {t('policies.given.give')}
          </Button>
        </div>
        {models.isError && (
          <ProblemNote
            error={models.error}
            what={t('models.failed')}
            onRetry={() => void models.refetch()}
          />
        )}
        {groups.isError && (
          <ProblemNote
            error={groups.error}
            what={t('groups.list.failed')}
            onRetry={() => void groups.refetch()}
          />
        )}
        {assign.isError && <ProblemNote error={assign.error} what={t('policies.not-saved')} />}
        {unassign.isError && <ProblemNote error={unassign.error} what={t('policies.not-saved')} />}
      </div>
    </Panel>
  )
}

function useChoices(models: Static<typeof ModelList> | undefined, groups: GroupList | undefined) {
  const { t } = useTranslation()
  return [
    { value: 'fleet', label: t('policies.scope.fleet') },
    ...(models?.items ?? []).map(({ modelId, make, model }) => ({
      value: `model ${modelId}`,
      label: `${make} ${model}`,
      note: t('policies.scope.model'),
    })),
    ...(groups?.items ?? []).map(({ groupId, name }) => ({
      value: `group ${groupId}`,
      label: name,
      note: t('policies.scope.group'),
    })),
  ]
}

function readTarget(chosen: string): { scope: 'fleet' | 'model' | 'group'; targetId?: string } {
  const [scope, targetId] = chosen.split(' ')
  if (targetId === undefined) return { scope: 'fleet' }
  return { scope: scope === 'group' ? 'group' : 'model', targetId }
}
