import type { BulkActName } from '@sanad/protocol/operator-api/bulk-acts'
import type { GroupDetail } from '@sanad/protocol/operator-api/groups'
import { DEVICE_STATES } from '@sanad/protocol/domain/device-lifecycle'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { BulkActDialog } from '../bulk/bulk-act-dialog.tsx'
import { usePermissionRefusal } from '../session/session.ts'
import { isNotThere } from '../api/problem.ts'
import { NotFound } from '../pages/page-problem.tsx'
import { Button, buttonClass } from '../ui/button.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import {
  DeleteGroupDialog,
  EmptyGroupDialog,
  FillGroupDialog,
  RenameGroupDialog,
} from './group-dialogs.tsx'
import { groupQuery } from './group-queries.ts'

const route = getRouteApi('/signed-in/groups/$groupId')

/** One group: its devices, what is in force for them, and what can be done with all of them. */
export function GroupPage() {
  const { t } = useTranslation()
  const { groupId } = route.useParams()
  const { data: group, error, refetch } = useQuery(groupQuery(groupId))
  if (isNotThere(error)) return <NotFound />
  return (
    <Page
      name={group?.name ?? t('groups.one')}
      crumbs={[{ label: t('groups.title'), to: '/groups' }]}
      actions={group !== undefined && <Changes group={group} />}
    >
      {group === undefined && error === null && (
        <Panel flush>
          <SkeletonLines lines={5} label={t('ui.loading')} />
        </Panel>
      )}
      {error !== null && (
        <ProblemNote error={error} what={t('groups.not-loaded')} onRetry={() => void refetch()} />
      )}
      {group !== undefined && (
        <>
          <Facts group={group} />
          <Acts group={group} />
        </>
      )}
    </Page>
  )
}

type Change = 'rename' | 'fill' | 'empty' | 'delete'

function Changes({ group }: { group: GroupDetail }) {
  const { t } = useTranslation()
  const [change, setChange] = useState<Change | undefined>()
  const refusal = usePermissionRefusal('group:manage')
  const isEmpty = group.devices === 0 ? t('groups.empty.refusal') : undefined
  const isFull = group.devices > 0 ? t('groups.delete.has-devices') : undefined
  const isNamed = group.policy === null ? undefined : t('groups.delete.has-policy')
  const close = () => setChange(undefined)
  return (
    <>
      <Button refusal={refusal} onClick={() => setChange('rename')}>
        {t('groups.rename.action')}
      </Button>
      <Button refusal={refusal} onClick={() => setChange('fill')}>
        {t('groups.fill.action')}
      </Button>
      <Button refusal={refusal ?? isEmpty} onClick={() => setChange('empty')}>
        {t('groups.empty.action')}
      </Button>
      <Button
        shape="danger"
        refusal={refusal ?? isFull ?? isNamed}
        onClick={() => setChange('delete')}
      >
        {t('groups.delete.action')}
      </Button>
      {change === 'rename' && <RenameGroupDialog group={group} onClose={close} />}
      {change === 'fill' && <FillGroupDialog group={group} onClose={close} />}
      {change === 'empty' && <EmptyGroupDialog group={group} onClose={close} />}
      {change === 'delete' && <DeleteGroupDialog group={group} onClose={close} />}
    </>
  )
}

function Facts({ group }: { group: GroupDetail }) {
  const { t } = useTranslation()
  const number = (count: number) => t('keys.number', { count })
  return (
    <Panel>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-13">
        <Fact name={t('groups.fact.devices')}>
          <Link
            to="/devices"
            search={{ group: group.groupId }}
            className="font-medium text-accent hover:underline"
          >
            {t('devices.count', { count: group.devices })}
          </Link>
        </Fact>
        <Fact name={t('bulk.preview.states')}>
          {group.devices === 0 ? (
            '–'
          ) : (
            <ul className="flex flex-wrap gap-x-4 gap-y-0.5">
              {DEVICE_STATES.filter((state) => group.states[state] > 0).map((state) => (
                <li key={state}>
                  <Link
                    to="/devices"
                    search={{ group: group.groupId, state: [state] }}
                    className="whitespace-nowrap hover:underline"
                  >
                    {t(`devices.state.${state}`)}{' '}
                    <span className="tabular font-medium text-accent">
                      {number(group.states[state])}
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </Fact>
        <Fact name={t('bulk.preview.connected')}>
          {t('bulk.preview.of', { some: number(group.connected), all: number(group.devices) })}
        </Fact>
        <Fact name={t('groups.fact.market')}>
          {group.country === null
            ? t('groups.list.any-country')
            : `${group.country} · ${group.environment ?? ''}`}
        </Fact>
        <Fact name={t('groups.fact.policy')}>
          {group.policy === null ? (
            t('groups.fact.wider-policy')
          ) : (
            <Link
              to="/policies/$policyId"
              params={{ policyId: group.policy.policyId }}
              className="font-medium text-accent hover:underline"
            >
              {t('groups.fact.policy-version', {
                name: group.policy.name,
                version: group.policy.version,
              })}
            </Link>
          )}
        </Fact>
      </dl>
    </Panel>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  )
}

/** With all devices of the group; with some of them, from the device list. */
function Acts({ group }: { group: GroupDetail }) {
  const { t } = useTranslation()
  const [act, setAct] = useState<BulkActName | undefined>()
  const mayRotate = usePermissionRefusal('key:rotate')
  const maySend = usePermissionRefusal('command:send')
  const nobody = group.devices === 0 ? t('groups.empty.refusal') : undefined
  return (
    <Panel title={t('groups.acts.title')} note={t('groups.acts.note')}>
      <div className="flex flex-wrap gap-2">
        <Button refusal={mayRotate ?? nobody} onClick={() => setAct('rotate-key')}>
          {t('bulk.act.rotate-key.name')}
        </Button>
        <Button refusal={maySend ?? nobody} onClick={() => setAct('send-command')}>
          {t('bulk.act.send-command.name')}
        </Button>
        <Link
          to="/commands"
          search={{ tab: 'campaigns', compose: group.groupId }}
          className={buttonClass('secondary')}
        >
          {t('groups.acts.campaign')}
        </Link>
        <Link to="/devices" search={{ group: group.groupId }} className={buttonClass('secondary')}>
          {t('groups.acts.choose')}
        </Link>
      </div>
      {act !== undefined && (
        <BulkActDialog
          act={act}
          selection={{ filter: { groupId: group.groupId } }}
          onClose={() => setAct(undefined)}
        />
      )}
    </Panel>
  )
}
