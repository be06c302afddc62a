import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { createGroup } from '../policies/policy-queries.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import { ANY_MARKET, MarketField, marketOf } from './market-field.tsx'

export function NewGroupDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [market, setMarket] = useState(ANY_MARKET)
  const name = text.trim()
  return (
    <FormDialog
      title={t('groups.list.create')}
      note={t('groups.note')}
      submit={t('groups.list.create')}
      input={name === '' ? undefined : { name, ...marketOf(market) }}
      send={createGroup}
      told={t('groups.list.done', { name })}
      stale={stale('listGroups', 'readGroup')}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <TextField
            label={t('groups.list.column.name')}
            value={text}
            maxLength={128}
            isMissing={isChecked && name === ''}
            onChange={setText}
          />
          <MarketField
            label={t('groups.list.column.country')}
            hint={t('groups.list.country-hint')}
            value={market}
            onChange={setMarket}
          />
        </>
      )}
    </FormDialog>
  )
}
