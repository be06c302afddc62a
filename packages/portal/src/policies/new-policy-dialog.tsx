import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import { createPolicy } from './policy-queries.ts'

/** A policy begins as MOSIP recommends, and is then changed on its own page, with a preview. */
export function NewPolicyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const name = text.trim()
  return (
    <FormDialog
      title={t('policies.create.title')}
      note={t('policies.create.note')}
      submit={t('policies.create.confirm')}
      input={name === '' ? undefined : { name, settings: DEFAULT_POLICY_SETTINGS }}
      send={createPolicy}
      onDone={({ policyId }) => navigate({ to: '/policies/$policyId', params: { policyId } })}
      stale={stale('listPolicies', 'readPolicy')}
      onClose={onClose}
    >
      {(isChecked) => (
        <TextField
          label={t('policies.column.name')}
          value={text}
          maxLength={128}
          isMissing={isChecked && name === ''}
          onChange={setText}
        />
      )}
    </FormDialog>
  )
}
